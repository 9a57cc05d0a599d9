import type { BatchRequest } from '../../lib/index.ts';
import { stated } from '../../lib/values/stated.ts';
import { copyRequest } from './request.ts';
import type { Settings } from './table.ts';

/** What the settings mean to the library. @throws PieceworkError `InvalidOption`. */
export function batchRequest(from: string, destination: string, settings: Settings): BatchRequest {
  // What is said of one source holds for each.
  const { source, object, options } = copyRequest('', destination, settings);
  const { url: _url, ...each } = source;
  const { report, skipReport, column } = settings;
  const { format, base, url, name, items, family, suffix, include, exclude, limit, onCollision } = settings;
  const columns = column === undefined ? undefined : { url: column };
  return {
    list: {
      from,
      ...stated({ format, base, url, name, items, columns, family, suffix, include, exclude, limit, onCollision }),
    },
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
