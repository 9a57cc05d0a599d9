import type { Handler } from '../support/origin.ts';
import type { Resource } from '../support/origin-resource.ts';
import { sendResource } from '../support/origin-resource.ts';

/** A file whose nth request (from 1) is answered as `fault` says; without a fault as it should be. */
export function faulty(
  resource: Resource,
  fault: (request: number, range: string) => Partial<Resource> | Handler | undefined,
): Handler {
  let requests = 0;
  return async (request, response, logged) => {
    requests += 1;
    const wrong = fault(requests, request.headers.range ?? '');
    if (typeof wrong === 'function') return await wrong(request, response, logged);
    await sendResource({ ...resource, ...wrong }, request, response, logged);
  };
}

/** The offset at which `bytes=0-9` begins; 0 where no range is asked for. */
export function startOf(range: string): number {
  return Number(/^bytes=(\d+)-/.exec(range)?.[1] ?? 0);
}

/** Takes the request and never answers; the promise resolves when it has one. */
export function blackHole(): { readonly handler: Handler; readonly taken: Promise<Parameters<Handler>[0]> } {
  const { promise, resolve } = Promise.withResolvers<Parameters<Handler>[0]>();
  return { handler: (request) => resolve(request), taken: promise };
}
