import type { StoredObject } from '../../../destinations/destination.ts';
import { PieceworkError } from '../../../errors/error.ts';
import type { Probe } from '../../../sources/source.ts';
import { isPageFor } from '../../../transfer/checks/page-instead.ts';
import type { Digests } from '../../../transfer/digests.ts';
import type { TransferRequest } from '../../../transfer/request.ts';
import type { Snapshot } from '../../../transfer/snapshot.ts';
import { checkExpectations, unexpectedSize } from '../../shared/object/object-spec.ts';
import { checkEnd } from '../../shared/object/proved-end.ts';
import { isUnchanged } from '../../shared/object/unchanged.ts';
import { fill } from '../../shared/windows.ts';
import type { BatchPorts } from '../batch-ports.ts';
import { atPlace } from '../host-pace.ts';
import { checkAge, checkIsStill } from './age.ts';
import { contradicts } from './expected-digests.ts';
import type { EntryJob } from './job.ts';
import type { Reading } from './reading.ts';

/** The GET: holds the host's place, and a connection, from the request to the last byte. */
export async function readSmall(
  ports: BatchPorts,
  job: EntryJob,
  request: TransferRequest,
  there: StoredObject | undefined,
  signal: AbortSignal,
): Promise<Reading> {
  return await atPlace(job.pace, signal, async () => {
    using _connection = await ports.connect(job.host, signal);
    job.started?.(job.entry);
    return await answerOf(ports, job, request, there, signal);
  });
}

async function answerOf(
  ports: BatchPorts,
  job: EntryJob,
  request: TransferRequest,
  there: StoredObject | undefined,
  signal: AbortSignal,
): Promise<Reading> {
  const reading = await probed(ports, job, request, there, signal);
  const { minAgeMs } = job;
  if (minAgeMs === undefined || reading.kind !== 'bytes') return reading;
  try {
    await checkIsStill(ports, job, reading, minAgeMs, signal);
    return reading;
  } catch (error) {
    reading.window[Symbol.dispose]();
    throw error;
  }
}

async function probed(
  ports: BatchPorts,
  job: EntryJob,
  request: TransferRequest,
  there: StoredObject | undefined,
  signal: AbortSignal,
): Promise<Reading> {
  await using probe = await ports.sources(job.source.url).probe(job.source, ports.buffers.mostBytes, { signal });
  const { snapshot } = probe;
  checkExpectations(request, snapshot);
  checkEnd(request, snapshot);
  checkPage(job, snapshot);
  if (isSame(there, snapshot, request.options.expect.digests)) return { kind: 'unchanged', snapshot };
  checkAge(ports, job, snapshot);
  return await bytesOf(ports, request, probe, signal);
}

/** Whether what is there is this version, and nothing that is known of it speaks against what is expected. */
export function isSame(there: StoredObject | undefined, snapshot: Snapshot, expected: Digests): boolean {
  return there !== undefined && isUnchanged(there, snapshot) && !contradicts(there.digests, expected);
}

async function bytesOf(
  ports: BatchPorts,
  request: TransferRequest,
  probe: Probe,
  signal: AbortSignal,
): Promise<Reading> {
  const { snapshot, body, bodyIsWhole } = probe;
  const { mostBytes } = ports.buffers;
  const stated = snapshot.sizeBytes;
  if (stated !== undefined && (stated > mostBytes || !bodyIsWhole)) return { kind: 'large' };
  const window = await ports.buffers.borrow(stated ?? mostBytes, signal);
  try {
    const into = window.bytes.subarray(0, stated ?? mostBytes);
    const sizeBytes = await fill(body, into);
    // At its end a reader proves that there is no more. Where the length is not stated, more is no error.
    if (sizeBytes === into.length && (await body.read(new Uint8Array(1))) > 0) {
      window[Symbol.dispose]();
      return { kind: 'large' };
    }
    const expected = request.options.expect.sizeBytes;
    if (expected !== undefined && expected !== sizeBytes)
      throw unexpectedSize(request.source.url, sizeBytes, expected, snapshot.contentType);
    return { kind: 'bytes', window, sizeBytes, snapshot };
  } catch (error) {
    window[Symbol.dispose]();
    throw error;
  }
}

/** @throws PieceworkError `UnexpectedType` where a page came for what is none by its name. */
export function checkPage({ entry, shown }: EntryJob, { contentType }: Snapshot): void {
  if (!isPageFor(entry.name, contentType)) return;
  throw new PieceworkError(
    'UnexpectedType',
    `${shown} is ${contentType ?? 'a page'}, and ${entry.name} is no page by its name: often an error or log-in page in place of the file`,
  );
}
