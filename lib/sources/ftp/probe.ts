import { redactUrl } from '../../errors/redact.ts';
import { lazyReader } from '../../net/bodies/lazy-reader.ts';
import type { Lease } from '../../net/pools/pool.ts';
import type { SourceLocator } from '../../transfer/locators.ts';
import type { Snapshot } from '../../transfer/snapshot.ts';
import type { ByteReader } from '../../values/bytes.ts';
import type { Call } from '../../values/call.ts';
import type { Probe } from '../source.ts';
import type { FtpCommands } from './commands.ts';
import type { FtpFacts } from './facts.ts';
import { factsOf } from './facts.ts';
import type { FtpContext } from './fetch.ts';
import { allowedTarget, fetchOn, onConnection } from './fetch.ts';
import type { Shortcoming } from './trial.ts';
import { tryLastByte } from './trial.ts';
import type { FtpTarget } from './url.ts';

interface Finding {
  readonly facts: FtpFacts;
  readonly ranges: boolean;
  /** Absent: only a part of it was asked for, which is fetched when it is read. */
  readonly whole?: ByteReader;
  readonly warnings: readonly string[];
}

/**
 * `Source.probe` of FTP. A server that says it can start at an offset is put to the test where it matters: the last
 * byte alone must come, and nothing behind it. That proves its size as well; a server that fails it is read in one go,
 * to the end.
 */
export async function probeFtp(
  context: FtpContext,
  from: SourceLocator,
  firstBytes: number | 'all',
  { signal }: Call,
): Promise<Probe> {
  const target = allowedTarget(context, from);
  const found = await onConnection(context, target, signal, (lease) =>
    find(context, target, lease, firstBytes, signal),
  );
  const { facts, ranges, whole, warnings } = found;
  const part = (): Promise<ByteReader> =>
    onConnection(context, target, signal, (lease) =>
      fetchOn(context, target, lease, { facts, start: 0, wantedBytes: Number(firstBytes), hangUp: true }, signal),
    );
  const body = whole ?? lazyReader(part);
  return {
    snapshot: snapshotOf(target, facts, ranges, warnings),
    finalUrl: redactUrl(from.url),
    body,
    bodyIsWhole: whole !== undefined,
    [Symbol.asyncDispose]: () => body[Symbol.asyncDispose](),
  };
}

async function find(
  context: FtpContext,
  target: FtpTarget,
  lease: Lease<FtpCommands>,
  firstBytes: number | 'all',
  signal: AbortSignal,
): Promise<Finding> {
  const commands = lease.connection;
  const facts = await factsOf(commands, target);
  const { sizeBytes } = facts;
  if (sizeBytes === undefined || firstBytes === 'all' || sizeBytes <= firstBytes) {
    return await readWhole(
      context,
      target,
      lease,
      facts,
      commands.announcesRestart && sizeBytes !== undefined,
      [],
      signal,
    );
  }
  const trial = await tryLastByte(context, target, lease, facts, signal);
  if (trial === 'ranges') {
    lease.release('reusable');
    return { facts, ranges: true, warnings: [] };
  }
  const believed = trial === 'size is wrong' ? { ...facts, sizeBytes: undefined } : facts;
  const read = (on: Lease<FtpCommands>) => readWhole(context, target, on, believed, false, [WARNINGS[trial]], signal);
  if (commands.usable) return await read(lease);
  lease.release('spent');
  return await onConnection(context, target, signal, read);
}

const WARNINGS: Readonly<Record<Shortcoming, string>> = {
  'no ranges': 'the server does not start at an offset (REST): one connection, and a broken transfer starts over',
  'size is wrong':
    'the server sends another number of bytes than its SIZE says: one connection, read to its end, whatever the size',
};

async function readWhole(
  context: FtpContext,
  target: FtpTarget,
  lease: Lease<FtpCommands>,
  facts: FtpFacts,
  ranges: boolean,
  warnings: readonly string[],
  signal: AbortSignal,
): Promise<Finding> {
  const whole = await fetchOn(
    context,
    target,
    lease,
    { facts, start: 0, wantedBytes: facts.sizeBytes, hangUp: false },
    signal,
  );
  return { facts, ranges, whole, warnings };
}

function snapshotOf(
  target: FtpTarget,
  { sizeBytes, modifiedAt }: FtpFacts,
  ranges: boolean,
  warnings: readonly string[],
): Snapshot {
  return {
    ...(sizeBytes === undefined ? {} : { sizeBytes }),
    ranges,
    validator: modifiedAt === undefined ? { kind: 'none' } : { kind: 'date', lastModified: modifiedAt },
    ...(modifiedAt === undefined ? {} : { modifiedAt }),
    name: target.name,
    digests: {},
    warnings: [
      ...warnings,
      ...(modifiedAt === undefined
        ? ['the server states no date (MDTM), so a change during the transfer may go unseen unless a digest is given']
        : []),
    ],
  };
}
