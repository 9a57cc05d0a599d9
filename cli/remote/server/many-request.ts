import type { SubmitBatchRequest } from '../../../lib/api/schemas/batches/request.ts';
import type { BatchRequest } from '../../../lib/index.ts';
import { stated } from '../../../lib/values/stated.ts';
import { webhookOf } from '../../options/request.ts';
import type { Settings } from '../../options/table.ts';
import { eachRemoteSource } from '../source.ts';
import { remoteObject } from '../submitted.ts';
import { folderHere } from './destination-here.ts';

/** Several sources into one folder, as a batch of the server without a report. */
export function manyRequest(
  { entries, destination, source = {}, object, options = {} }: BatchRequest,
  settings: Settings,
): SubmitBatchRequest {
  const each = eachRemoteSource(source, settings);
  const { ifExists, parallelism, maxAttempts, strict } = options;
  return {
    // They were made of the arguments.
    entries: [...(entries as Iterable<{ readonly sources: readonly string[] }>)].map(({ sources }) => ({
      sources: [...sources],
    })),
    destination: folderHere(destination),
    object: remoteObject(object),
    ...(Object.keys(each).length === 0 ? {} : { source: each }),
    ...stated({ notify: webhookOf(settings) }),
    options: { report: false, ...stated({ ifExists, parallelism, maxAttempts, strict }) },
  };
}
