import type { ObjectSpec, Stored, StoredObject } from '../../destinations/destination.ts';
import { writeCondition } from '../../destinations/destination.ts';
import { asPieceworkError, PieceworkError } from '../../errors/error.ts';
import { shownUrl } from '../../errors/secret-url-path.ts';
import { crc32, crc32Hex } from '../../integrity/crc32.ts';
import { sequentialHasher } from '../../integrity/hasher.ts';
import type { Probe } from '../../sources/source.ts';
import type { BatchEntry } from '../../transfer/batch/entry.ts';
import type { Outcome } from '../../transfer/batch/outcome.ts';
import { isPageFor } from '../../transfer/checks/page-instead.ts';
import type { DigestAlgorithm, Digests } from '../../transfer/digests.ts';
import type { DestinationLocator, SourceLocator } from '../../transfer/locators.ts';
import type { IfExists, ObjectSettings, TransferRequest } from '../../transfer/request.ts';
import { DEFAULT_OPTIONS } from '../../transfer/request.ts';
import type { Snapshot } from '../../transfer/snapshot.ts';
import type { Window } from '../../values/bytes.ts';
import {
  checkExpectations,
  describedBy,
  proveDigests,
  unexpectedSize,
  wantedDigests,
} from '../shared/object/object-spec.ts';
import { checkEnd } from '../shared/object/proved-end.ts';
import { destinationExists, isUnchanged } from '../shared/object/unchanged.ts';
import { saysNo } from '../shared/refusal.ts';
import { fill } from '../shared/windows.ts';
import type { BatchPorts } from './batch-ports.ts';
import type { HostPace } from './host-pace.ts';

export interface EntryJob {
  readonly entry: BatchEntry;
  /** Which of its mirrors. */
  readonly source: SourceLocator;
  /** Kept with the object, so that a put whose answer was lost can be settled. */
  readonly token: string;
  readonly ifExists: IfExists;
  readonly strict: boolean;
  readonly object: ObjectSettings;
  readonly pace: HostPace;
  readonly host: string;
}

/** `large`: it is more than one buffer, and nothing was stored. */
export type Brought = Outcome | 'large';

/**
 * Brings one small file: one GET, all its bytes proved in memory, one put. The host's place is given back when the last
 * byte is in memory, so a slow store keeps no place of the source.
 * @throws PieceworkError as a transfer's probe and put do.
 */
export async function bringEntry(ports: BatchPorts, job: EntryJob, signal: AbortSignal): Promise<Brought> {
  const { entry, ifExists } = job;
  const startedAt = ports.clock.now();
  const target = ports.locate(entry.name);
  const there = ifExists === 'replace' ? undefined : await ports.destination.head(target, { signal });
  if (there !== undefined && ifExists === 'fail') throw destinationExists(ports.destination.describe(target));
  const request = requestOf(job, target);
  const read = await readSmall(ports, job, request, there, signal);
  if (read === 'large') return 'large';
  const ended = { entry: entry.number, name: entry.name, source: request.source.url } as const;
  if (read === 'unchanged')
    return { ...ended, kind: 'unchanged', ...(there === undefined ? {} : { sizeBytes: there.sizeBytes }) };
  using window = read.window;
  const bytes = window.bytes.subarray(0, read.sizeBytes);
  const digests = proveBytes(request, read.snapshot, bytes);
  const described = describedBy(read.snapshot, job.object);
  const object = { ...described, target, token: job.token, sizeBytes: bytes.length };
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

interface Read {
  readonly window: Window;
  readonly sizeBytes: number;
  readonly snapshot: Snapshot;
}

/** The GET: holds the host's place, and a connection, from the request to the last byte. */
async function readSmall(
  ports: BatchPorts,
  job: EntryJob,
  request: TransferRequest,
  there: StoredObject | undefined,
  signal: AbortSignal,
): Promise<Read | 'large' | 'unchanged'> {
  const place = await job.pace.take(signal);
  try {
    using _connection = await ports.connect(job.host, signal);
    await using probe = await ports.sources(job.source.url).probe(job.source, ports.buffers.mostBytes, { signal });
    checkExpectations(request, probe.snapshot);
    checkEnd(request, probe.snapshot);
    if (isPageFor(job.entry.name, probe.snapshot.contentType)) throw pageFor(job, request, probe);
    const read =
      there !== undefined && isUnchanged(there, probe.snapshot)
        ? 'unchanged'
        : await bytesOf(ports, request, probe, signal);
    place.done();
    return read;
  } catch (thrown) {
    const error = asPieceworkError(thrown);
    await place.failed(error);
    throw error;
  }
}

async function bytesOf(
  ports: BatchPorts,
  request: TransferRequest,
  probe: Probe,
  signal: AbortSignal,
): Promise<Read | 'large'> {
  const { snapshot, body, bodyIsWhole } = probe;
  const { mostBytes } = ports.buffers;
  const stated = snapshot.sizeBytes;
  if (stated !== undefined && (stated > mostBytes || !bodyIsWhole)) return 'large';
  const window = await ports.buffers.borrow(stated ?? mostBytes, signal);
  try {
    const into = window.bytes.subarray(0, stated ?? mostBytes);
    const sizeBytes = await fill(body, into);
    // At its end a reader proves that there is no more. Where the length is not stated, more is no error.
    if (sizeBytes === into.length && (await body.read(new Uint8Array(1))) > 0) {
      window[Symbol.dispose]();
      return 'large';
    }
    const expected = request.options.expect.sizeBytes;
    if (expected !== undefined && expected !== sizeBytes)
      throw unexpectedSize(request.source.url, sizeBytes, expected, snapshot.contentType);
    return { window, sizeBytes, snapshot };
  } catch (error) {
    window[Symbol.dispose]();
    throw error;
  }
}

function pageFor({ entry }: EntryJob, { source }: TransferRequest, { snapshot }: Probe): PieceworkError {
  return new PieceworkError(
    'UnexpectedType',
    `${source.url} is ${snapshot.contentType ?? 'a page'}, and ${entry.name} is no page by its name: often an error or log-in page in place of the file`,
  );
}

function proveBytes(request: TransferRequest, snapshot: Snapshot, bytes: Uint8Array): Digests {
  const digests = wantedDigests(request, snapshot);
  const hasher = sequentialHasher(Object.keys(digests) as DigestAlgorithm[]);
  hasher.update(bytes);
  return proveDigests(request.source.url, digests, hasher.digests());
}

/** Only in memory: what the checks of a transfer go by. */
function requestOf(
  { entry, source, ifExists, strict, object }: EntryJob,
  destination: DestinationLocator,
): TransferRequest {
  return {
    source: { url: shownUrl(source), withheld: false },
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
