import type { StoredObject } from '../../../destinations/destination.ts';
import { asPieceworkError, PieceworkError } from '../../../errors/error.ts';
import { shownUrl } from '../../../errors/secret-url-path.ts';
import { requestOf } from '../../../pipeline/batch/bring-entry.ts';
import { asListed } from '../../../pipeline/batch/entry/expected-digests.ts';
import type { EntryJob } from '../../../pipeline/batch/entry/job.ts';
import { checkPage, isSame } from '../../../pipeline/batch/entry/read-small.ts';
import type { HostPace } from '../../../pipeline/batch/host-pace.ts';
import { atPlace } from '../../../pipeline/batch/host-pace.ts';
import { checkExpectations } from '../../../pipeline/shared/object/object-spec.ts';
import { checkEnd } from '../../../pipeline/shared/object/proved-end.ts';
import { destinationExists } from '../../../pipeline/shared/object/unchanged.ts';
import { hostOf } from '../../../records/records.ts';
import type { Tries, TryLimits } from '../../../transfer/batch/again.ts';
import { afterEntryFailure } from '../../../transfer/batch/again.ts';
import type { BatchEntry } from '../../../transfer/batch/entry.ts';
import type { ByteReader } from '../../../values/bytes.ts';
import type { CompleteBatchOptions } from '../batch-options.ts';
import type { LocalBatchPorts } from '../batch-ports.ts';
import type { Looked } from './tally.ts';

const SAMPLE_BYTES = 1024 ** 2;

export interface LookContext {
  readonly ports: LocalBatchPorts;
  readonly options: CompleteBatchOptions;
  readonly limits: TryLimits;
  /** Nothing is at the destination: no entry is looked for there. */
  readonly isPlaceEmpty: boolean;
  paceOf(url: string): HostPace;
  /** Whether some bytes are to be read, so that the speed of the host is known. */
  wantsSample(url: string): boolean;
}

/** Asks for one entry, as the batch would, and stops before its bytes. @throws PieceworkError as that does */
export async function lookAtEntry(context: LookContext, entry: BatchEntry, signal: AbortSignal): Promise<Looked> {
  const { ports, options, limits, isPlaceEmpty } = context;
  const target = ports.locate(entry.name);
  const isAsked = options.ifExists !== 'replace' && !isPlaceEmpty;
  const there = isAsked ? await ports.destination.head(target, { signal }) : undefined;
  if (there !== undefined && options.ifExists === 'fail') throw destinationExists(ports.destination.describe(target));
  let last: PieceworkError | undefined;
  for (let tries: Tries = { failures: 0, waits: 0 }; ; ) {
    for (const source of entry.sources) {
      try {
        return await ask(context, { ...jobOf(context, entry), source, shown: shownUrl(source) }, there, signal);
      } catch (thrown) {
        signal.throwIfAborted();
        last = asPieceworkError(thrown);
      }
    }
    const error = last ?? new PieceworkError('Internal', `entry ${entry.number} has no source`);
    const silentMs = context.paceOf(entry.sources[0]?.url ?? '').silentMs();
    const again = afterEntryFailure(error, tries, silentMs, limits, String(entry.number));
    if (again === 'final') throw error;
    tries = again.tries;
    await ports.clock.sleep(again.delayMs, signal);
  }
}

async function ask(
  context: LookContext,
  job: EntryJob,
  there: StoredObject | undefined,
  signal: AbortSignal,
): Promise<Looked> {
  const { ports } = context;
  const { source, entry } = job;
  if (there !== undefined && (await asListed(ports, job, there, signal)) !== undefined)
    return { kind: 'unchanged', sizeBytes: there.sizeBytes };
  return await atPlace(job.pace, signal, async () => {
    using _connection = await ports.connect(job.host, signal);
    const startedAt = ports.clock.now();
    const wantsSample = context.wantsSample(source.url);
    const probing = ports.sources(source.url).probe(source, wantsSample ? SAMPLE_BYTES : 1, { signal });
    await using probe = await probing;
    const answerMs = ports.clock.now() - startedAt;
    const { snapshot } = probe;
    const request = requestOf(job, ports.locate(entry.name));
    checkExpectations(request, snapshot);
    checkEnd(request, snapshot);
    checkPage(job, snapshot);
    const kind = isSame(there, snapshot, entry.expect.digests) ? 'unchanged' : 'to bring';
    const isSampled = wantsSample && kind === 'to bring';
    const sample = isSampled ? await sampleOf(context, probe.body) : undefined;
    const looked = { kind, sizeBytes: snapshot.sizeBytes ?? entry.expect.sizeBytes, answerMs } as const;
    return sample === undefined ? looked : { ...looked, sample };
  });
}

/** For so long at most: a slow server tells its speed by then. */
const SAMPLE_MS = 2_000;

async function sampleOf(
  { ports: { clock } }: LookContext,
  body: Pick<ByteReader, 'read'>,
): Promise<Looked['sample'] | undefined> {
  const startedAt = clock.now();
  const ended = new AbortController();
  const late = clock.sleep(SAMPLE_MS, ended.signal).then(
    () => 0,
    () => 0,
  );
  const into = new Uint8Array(64 * 1024);
  let bytes = 0;
  try {
    while (bytes < SAMPLE_BYTES) {
      const reading = body.read(into);
      // What fails after its time is over concerns nothing any more.
      reading.catch(() => {});
      const count = await Promise.race([reading, late]);
      if (count === 0) break;
      bytes += count;
    }
  } finally {
    ended.abort();
  }
  return bytes === 0 ? undefined : { bytes, ms: clock.now() - startedAt };
}

function jobOf({ options, paceOf }: LookContext, entry: BatchEntry): Omit<EntryJob, 'source' | 'shown'> {
  const { ifExists, strict, checksums } = options;
  const url = entry.sources[0]?.url ?? '';
  return { entry, token: '', ifExists, strict, object: {}, checksums, pace: paceOf(url), host: hostOf(url) };
}
