import type { ObjectSpec, Stored, StoredObject } from '../../destinations/destination.ts';
import { writeCondition } from '../../destinations/destination.ts';
import { asPieceworkError } from '../../errors/error.ts';
import { crc32, crc32Hex } from '../../integrity/crc32.ts';
import { sequentialHasher } from '../../integrity/hasher.ts';
import type { Outcome } from '../../transfer/batch/outcome.ts';
import type { DigestAlgorithm, Digests } from '../../transfer/digests.ts';
import type { DestinationLocator } from '../../transfer/locators.ts';
import type { TransferRequest } from '../../transfer/request.ts';
import { DEFAULT_OPTIONS } from '../../transfer/request.ts';
import type { Snapshot } from '../../transfer/snapshot.ts';
import { stated } from '../../values/stated.ts';
import { describedBy, proveDigests, wantedDigests } from '../shared/object/object-spec.ts';
import { destinationExists } from '../shared/object/unchanged.ts';
import { saysNo } from '../shared/refusal.ts';
import type { BatchPorts } from './batch-ports.ts';
import { asListed, digestsThere } from './entry/expected-digests.ts';
import type { EntryJob } from './entry/job.ts';
import { checkPage, isSame, readSmall } from './entry/read-small.ts';
import type { Reading } from './entry/reading.ts';

/** `large`: it is more than one buffer, and nothing was stored. */
export type Brought = Outcome | 'large';

/**
 * Brings one small file: one GET, all its bytes proved in memory, one put. The host's place is given back when the last
 * byte is in memory, so a slow store keeps no place of the source.
 * @throws PieceworkError as a transfer's probe and put do.
 */
export async function bringEntry(ports: BatchPorts, job: EntryJob, signal: AbortSignal): Promise<Brought> {
  const { entry, ifExists, isPlaceEmpty = false } = job;
  const startedAt = ports.clock.now();
  const target = ports.locate(entry.name);
  // One that fails where something is there has to know its own object again.
  const isAsked = ifExists === 'fail' || (ifExists === 'if-changed' && !isPlaceEmpty);
  const there = !isAsked ? undefined : await ports.destination.head(target, { signal });
  const request = requestOf(job, target);
  const ended = { entry: entry.number, name: entry.name, source: request.source.url } as const;
  if (there !== undefined && ifExists === 'fail') {
    if (!isOwn(job, there)) throw destinationExists(ports.destination.describe(target));
    const { sizeBytes, etag } = there;
    const digests = await digestsThere(ports, job, there, signal);
    return { ...ended, kind: 'done', sizeBytes, digests, ...stated({ etag }) };
  }
  if (there !== undefined) {
    const digests = await asListed(ports, job, there, signal);
    if (digests !== undefined) return { ...ended, kind: kindOf(job, there), sizeBytes: there.sizeBytes, digests };
  }
  const reading = await readShared(ports, job, request, there, signal);
  if (reading.kind === 'large') return 'large';
  if (reading.kind === 'unchanged') {
    const { sizeBytes } = there ?? {};
    const digests = there === undefined ? {} : await digestsThere(ports, job, there, signal);
    return { ...ended, kind: kindOf(job, there), ...stated({ sizeBytes }), ...(isEmpty(digests) ? {} : { digests }) };
  }
  using window = job.shared === undefined ? reading.window : undefined;
  const bytes = (window ?? reading.window).bytes.subarray(0, reading.sizeBytes);
  const digests = proveBytes(job, request, reading.snapshot, bytes);
  const described = describedBy(reading.snapshot, job.object);
  const object = { ...described, target, token: job.token, sizeBytes: bytes.length, digests };
  const stored = await put(ports, job, object, bytes, signal);
  return {
    ...ended,
    kind: 'done',
    sizeBytes: bytes.length,
    digests: { ...digests, crc32: crc32Hex(stored.crc32) },
    elapsedMs: ports.clock.now() - startedAt,
    ...(stored.etag === undefined ? {} : { etag: stored.etag }),
  };
}

/** Brought by a worker that died before it could say so. Only what was proved is ever there. */
function isOwn({ token }: EntryJob, there: StoredObject | undefined): boolean {
  return there?.token === token;
}

/** Of what the source still has in the version that is there. */
function kindOf(job: EntryJob, there: StoredObject | undefined): 'done' | 'unchanged' {
  return isOwn(job, there) ? 'done' : 'unchanged';
}

/** What a twin has read need not be asked for again. */
async function readShared(
  ports: BatchPorts,
  job: EntryJob,
  request: TransferRequest,
  there: StoredObject | undefined,
  signal: AbortSignal,
): Promise<Reading> {
  const { shared, source } = job;
  if (shared === undefined) return await readSmall(ports, job, request, there, signal);
  const found = shared.of(source);
  if (found?.kind === 'large') return found;
  if (found !== undefined) checkPage(job, found.snapshot);
  if (found !== undefined && isSame(there, found.snapshot, request.options.expect.digests))
    return { kind: 'unchanged', snapshot: found.snapshot };
  if (found?.kind === 'bytes') return found;
  try {
    const reading = await readSmall(ports, job, request, there, signal);
    shared.keep(source, reading);
    return reading;
  } catch (thrown) {
    signal.throwIfAborted();
    const error = asPieceworkError(thrown);
    shared.keep(source, error);
    throw error;
  }
}

function isEmpty(digests: Digests): boolean {
  return Object.keys(digests).length === 0;
}

function proveBytes({ checksums }: EntryJob, request: TransferRequest, snapshot: Snapshot, bytes: Uint8Array): Digests {
  const digests = wantedDigests(request, snapshot);
  const hasher = sequentialHasher([...new Set([...(Object.keys(digests) as DigestAlgorithm[]), ...checksums])]);
  hasher.update(bytes);
  const got = hasher.digests();
  return { ...got, ...proveDigests(request.source.url, digests, got) };
}

/** Only in memory: what the checks of a transfer go by. */
export function requestOf(
  { entry, shown, ifExists, strict, object }: EntryJob,
  destination: DestinationLocator,
): TransferRequest {
  return {
    source: { url: shown, withheld: false },
    destination,
    object,
    options: { ...DEFAULT_OPTIONS, ifExists, strict, expect: entry.expect },
  };
}

async function put(
  ports: BatchPorts,
  job: EntryJob,
  object: ObjectSpec,
  bytes: Uint8Array,
  signal: AbortSignal,
): Promise<Stored & { readonly crc32: number }> {
  const { destination } = ports;
  ports.makeRoom(job.entry.name);
  const checksum = crc32(bytes);
  const body = { kind: 'whole', bytes, crc32: checksum } as const;
  if (destination.putSmall !== undefined)
    return await destination.putSmall(object, body, writeCondition(job.ifExists), { signal });
  try {
    return await destination.putObject(object, bytes.length, body, writeCondition(job.ifExists), { signal });
  } catch (thrown) {
    signal.throwIfAborted();
    const error = asPieceworkError(thrown);
    if (saysNo(error)) throw error;
    // Its answer may have been lost: a head tells whether the object is ours.
    const there = await destination.head(object.target, { signal }).catch(() => undefined);
    if (there?.token !== job.token) throw error;
    return { ...there, crc32: checksum };
  } finally {
    await destination.releaseUpload?.({ target: object.target, id: '', token: job.token }, { signal }).catch(() => {});
  }
}
