import { PieceworkError } from '../../errors/error.ts';
import { shownUrl } from '../../errors/secret-url-path.ts';
import type { BatchEntry } from '../../transfer/batch/entry.ts';
import type { Outcome } from '../../transfer/batch/outcome.ts';
import type { ObjectSettings, TransferOptions } from '../../transfer/request.ts';
import type { AsPart } from '../copy/copy.ts';
import { copy } from '../copy/copy.ts';
import type { Home } from '../home/home.ts';
import type { BatchDrain } from './run/batch-drain.ts';

/** What is too large for one buffer is a transfer like any other: it waits for its turn, and is gone on with. */
export async function bringLarge(
  home: Home,
  entry: BatchEntry,
  to: {
    readonly batchId: string;
    readonly destination: string;
    readonly object: ObjectSettings;
    readonly options: Partial<TransferOptions>;
    /** URL of a file with the same bytes, which came from the same source just now. */
    readonly twin: string | undefined;
  },
  signal: AbortSignal,
  drain: BatchDrain | undefined,
): Promise<Outcome> {
  await drain?.untilStopped(signal);
  let underWay: Disposable | undefined;
  const [source] = entry.sources;
  if (source === undefined) throw new PieceworkError('Internal', `entry ${entry.number} has no source`);
  const { batchId, destination, object, options, twin } = to;
  const from = twin === undefined ? source : { url: twin };
  const request = { source: from, destination, object, options: { ...options, expect: entry.expect } };
  const asPart: AsPart = {
    batch: { id: batchId, entry: entry.number },
    onRun(run) {
      underWay = drain?.runs(run);
    },
  };
  const { result, elapsedMs } = await copy(home, request, signal, asPart).finally(() => underWay?.[Symbol.dispose]());
  const { sizeBytes, digests, etag, unchanged = false } = result;
  return {
    entry: entry.number,
    kind: unchanged ? 'unchanged' : 'done',
    name: entry.name,
    source: shownUrl(source),
    sizeBytes,
    digests,
    elapsedMs,
    ...(etag === undefined ? {} : { etag }),
  };
}
