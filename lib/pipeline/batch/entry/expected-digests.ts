import type { StoredObject } from '../../../destinations/destination.ts';
import { PieceworkError } from '../../../errors/error.ts';
import { sequentialHasher } from '../../../integrity/hasher.ts';
import type { DigestAlgorithm, Digests } from '../../../transfer/digests.ts';
import { sequentialDigests } from '../../../transfer/digests.ts';
import type { BatchPorts } from '../batch-ports.ts';
import type { EntryJob } from './job.ts';

const READ_BYTES = 64 * 1024;

/** Whether one of the digests that are known is another one than is expected. */
export function contradicts(known: Digests | undefined, expected: Digests): boolean {
  if (known === undefined) return false;
  return algorithmsOf(expected).some((one) => known[one] !== undefined && known[one] !== expected[one]);
}

/**
 * The digests of what is at the destination where they prove that it is what the list says, so that the source need
 * not be asked; else `undefined`. Without digests that are kept with it, it is read, where its digests are wanted
 * anyway.
 */
export async function asListed(
  ports: BatchPorts,
  job: EntryJob,
  there: StoredObject,
  signal: AbortSignal,
): Promise<Digests | undefined> {
  const { sizeBytes, digests } = job.entry.expect;
  const listed = sequentialDigests(digests);
  if (listed.length === 0 || (sizeBytes !== undefined && sizeBytes !== there.sizeBytes)) return undefined;
  const mayRead = listed.some((one) => job.checksums.includes(one));
  const known = there.digests ?? (mayRead ? await digestsThere(ports, job, there, signal) : {});
  if (contradicts(known, digests) || !listed.some((one) => known[one] !== undefined)) return undefined;
  return { ...known, ...(await digestsThere(ports, job, { ...there, digests: known }, signal)) };
}

/** The digests that are wanted, of what is at the destination: those that are kept with it, or of its bytes. */
export async function digestsThere(
  ports: BatchPorts,
  job: Pick<EntryJob, 'entry' | 'checksums'>,
  { sizeBytes, digests: kept = {} }: Pick<StoredObject, 'sizeBytes' | 'digests'>,
  signal: AbortSignal,
): Promise<Digests> {
  const missing = job.checksums.filter((one) => kept[one] === undefined);
  if (missing.length === 0) return kept;
  return { ...kept, ...(await readBack(ports, job.entry.name, sizeBytes, missing, signal)) };
}

/** Of a large entry when it is stored: what was read is what came. @throws PieceworkError `ChecksumMismatch` */
export async function digestsOfStored(
  ports: Pick<BatchPorts, 'destination' | 'locate'>,
  job: { readonly entry: Pick<EntryJob['entry'], 'name'>; readonly checksums: EntryJob['checksums'] },
  stored: { readonly sizeBytes: number; readonly digests: Digests },
  signal: AbortSignal,
): Promise<Digests> {
  const { crc32 } = stored.digests;
  const missing = job.checksums.filter((one) => stored.digests[one] === undefined);
  if (missing.length === 0) return stored.digests;
  const read = await readBack(ports, job.entry.name, stored.sizeBytes, [...missing, 'crc32'], signal);
  if (crc32 !== undefined && read.crc32 !== crc32)
    throw new PieceworkError(
      'ChecksumMismatch',
      `${ports.destination.describe(ports.locate(job.entry.name))} is no longer what was stored there: another program wrote to it`,
    );
  return { ...stored.digests, ...read };
}

async function readBack(
  { destination, locate }: Pick<BatchPorts, 'destination' | 'locate'>,
  name: string,
  sizeBytes: number,
  algorithms: readonly DigestAlgorithm[],
  signal: AbortSignal,
): Promise<Digests> {
  if (destination.read === undefined) return {};
  const hasher = sequentialHasher(algorithms);
  const into = new Uint8Array(READ_BYTES);
  await using body = await destination.read(locate(name), sizeBytes, { signal });
  for (let count = await body.read(into); count > 0; count = await body.read(into))
    hasher.update(into.subarray(0, count));
  return hasher.digests();
}

function algorithmsOf(digests: Digests): readonly DigestAlgorithm[] {
  return Object.keys(digests) as DigestAlgorithm[];
}
