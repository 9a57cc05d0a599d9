import type { DispatcherOptions } from '../../http/connections/dispatcher.ts';
import { createDispatchers } from '../../http/connections/dispatcher.ts';
import type { Instant } from '../../values/time.ts';
import { VERSION } from '../../values/version.ts';
import type { Source } from '../source.ts';
import { announcedLimits } from './announced-limits.ts';
import type { HttpContext } from './ask.ts';
import { openHttp } from './open.ts';
import { probeHttp } from './probe.ts';
import { reachedTargets } from './reached.ts';

export interface HttpSourceOptions extends DispatcherOptions {
  /** A caller's own `user-agent` header comes first. @default `piecework/` and the version */
  readonly userAgent?: string;
  /** For `Retry-After` dates and for telling that a signature has expired. @default Date.now */
  readonly now?: () => Instant;
}

/**
 * Any `http:` or `https:` URL, by GET alone (presigned URLs and many servers refuse HEAD), over HTTP/1.1. Holds
 * connections and nothing else; disposing closes them. Retries nothing: its errors say by their reaction what may pass.
 * @throws PieceworkError `InvalidOption`.
 */
export function httpSource(options: HttpSourceOptions = {}): Source {
  const dispatchers = createDispatchers(options);
  const now = options.now ?? Date.now;
  const context: HttpContext = {
    dispatchers,
    userAgent: options.userAgent ?? `piecework/${VERSION}`,
    now,
    limits: announcedLimits(now),
    reached: reachedTargets(),
  };
  return {
    schemes: ['http', 'https'],
    probe: (from, firstBytes, call) => probeHttp(context, from, firstBytes, call),
    open: (from, snapshot, range, call) => openHttp(context, from, snapshot, range, call),
    copySource: async () => undefined,
    [Symbol.asyncDispose]: () => dispatchers[Symbol.asyncDispose](),
  };
}
