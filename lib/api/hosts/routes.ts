import { answering, nothing } from '../routing/route.ts';
import type { Serve } from '../routing/serve.ts';
import type { Hosts } from '../schemas/hosts.ts';

export const hostsRoute = answering<{ 200: Hosts }>()({ method: 'get', path: '/v1/hosts', taken: nothing });

export function serveHosts(serve: Serve, look: () => Promise<Hosts>): void {
  serve(hostsRoute, async (context) => context.json(await look(), 200));
}
