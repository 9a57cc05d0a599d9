import type { Machine } from '../../api/service/machine.ts';
import { VERSION } from '../../values/version.ts';
import type { Home } from '../home/home.ts';
import type { HostView } from '../live/host-view.ts';
import type { LiveTransfers } from '../live/live-transfers.ts';
import { Counts } from './counts.ts';
import type { Exposition } from './exposition.ts';

/** `GET /metrics` of a server. What is counted is heard from the start; the rest is looked at when it is asked. */
export interface Metrics {
  readonly counts: Counts;
  /** `undefined` = the request is for something else. */
  answer(request: Request): Promise<Response> | undefined;
}

interface Looked {
  readonly machine: Pick<Machine, 'look'>;
  readonly hosts: Pick<HostView, 'look'>;
  readonly live: Pick<LiveTransfers, 'piecesInFlight'>;
}

export function serverMetrics(
  { engine, clock }: Pick<Home, 'engine' | 'clock'>,
  { machine, hosts, live }: Looked,
): Metrics {
  const counts = new Counts();
  let loading: Promise<Exposition> | undefined;

  async function answer(isHead: boolean): Promise<Response> {
    // Loaded with the first scrape.
    loading ??= import('./exposition.ts').then(({ exposition }) => exposition());
    const { text, contentType } = await loading;
    const cpu = process.cpuUsage();
    const moment = {
      version: VERSION,
      counts,
      service: machine.look(),
      hosts: (await hosts.look()).hosts,
      piecesInFlight: live.piecesInFlight,
      bodyBytes: engine.bodyBytes,
      cpuSeconds: (cpu.user + cpu.system) / 1_000_000,
      now: clock.now(),
    };
    const headers = { 'content-type': contentType, 'cache-control': 'no-store', 'x-content-type-options': 'nosniff' };
    return new Response(isHead ? null : await text(moment), { headers });
  }

  return {
    counts,
    answer({ method, url }) {
      if (new URL(url).pathname !== '/metrics') return undefined;
      if (method !== 'GET' && method !== 'HEAD')
        return Promise.resolve(new Response(null, { status: 405, headers: { allow: 'GET, HEAD' } }));
      return answer(method === 'HEAD');
    },
  };
}
