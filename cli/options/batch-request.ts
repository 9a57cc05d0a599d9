import type { BatchRequest, ListInput } from '../../lib/index.ts';
import { stated } from '../../lib/values/stated.ts';
import { copyRequest } from './request.ts';
import type { Settings } from './table.ts';

/** What the settings mean to the library. @throws PieceworkError `InvalidOption`. */
export function batchRequest(from: string, destination: string, settings: Settings): BatchRequest {
  // What is said of one source holds for each.
  const { source, object, options } = copyRequest('', destination, settings);
  const { url: _url, ...each } = source;
  const { report, skipReport } = settings;
  return {
    list: { from, ...reading(settings) },
    destination,
    source: each,
    options: stated({
      ifExists: options?.ifExists,
      parallelism: settings.parallel,
      perHost: settings.perHost,
      perHostPerMinute: settings.perHostRate,
      maxAttempts: settings.maxAttempts,
      maxFailures: settings.maxFailures,
      maxDurationMs: settings.maxDuration,
      strict: settings.strict,
      checksums: settings.checksums,
      minAgeMs: settings.minAge,
    }),
    ...stated({ object, report: skipReport === true ? (false as const) : report }),
  };
}

export function reading(settings: Settings): Omit<ListInput, 'from'> {
  const { format, base, url, name, size, items, family, suffix, separator, skipEmpty } = settings;
  const { column: columns, digest: digests, checksumsFrom, include, exclude, limit, onCollision } = settings;
  const made = { url, name, size, digests, checksumsFrom, items, columns, family, suffix, separator, skipEmpty };
  return stated({ format, base, ...made, include, exclude, limit, onCollision });
}
