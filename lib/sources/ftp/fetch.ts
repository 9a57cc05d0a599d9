import { bodyReader } from '../../net/bodies/body-reader.ts';
import type { SpeedFloor } from '../../net/bodies/speed.ts';
import type { Lease } from '../../net/pools/pool.ts';
import type { Pools } from '../../net/pools/pools.ts';
import { withConnection } from '../../net/pools/with-connection.ts';
import { fileChange } from '../../transfer/checks/version-check.ts';
import type { SourceLocator } from '../../transfer/locators.ts';
import type { ByteReader } from '../../values/bytes.ts';
import { ftpBody } from './body.ts';
import type { FtpCommands } from './commands.ts';
import { ftpError } from './errors.ts';
import type { FtpFacts } from './facts.ts';
import { explained, factsOf } from './facts.ts';
import type { FtpSettings } from './login.ts';
import type { Download } from './retrieve.ts';
import { retrieve } from './retrieve.ts';
import type { FtpTarget } from './url.ts';
import { ftpTarget } from './url.ts';

export interface FtpContext {
  readonly pools: Pools<FtpTarget, FtpCommands>;
  readonly settings: FtpSettings;
  readonly floorOf: (server: string) => SpeedFloor;
  /** `host:port` of servers that never answer after we hung up. */
  readonly silentServers: Set<string>;
}

/** @throws PieceworkError as `ftpTarget`, `GuardRefused`. */
export function allowedTarget({ settings }: FtpContext, from: SourceLocator): FtpTarget {
  const target = ftpTarget(from);
  settings.guard?.checkUrl(target.url);
  return target;
}

/** On a connection of the target's pool. */
export function onConnection<T>(
  { pools }: FtpContext,
  target: FtpTarget,
  signal: AbortSignal,
  action: (lease: Lease<FtpCommands>) => Promise<T>,
): Promise<T> {
  return withConnection(pools.of(target), signal, action);
}

export interface FetchOptions {
  readonly facts: FtpFacts;
  readonly start: number;
  /** `undefined` = to the end, wherever that is. */
  readonly wantedBytes: number | undefined;
  readonly hangUp: boolean;
}

/** A reader on the leased connection, which goes back when the reader has ended. */
export async function fetchOn(
  context: FtpContext,
  target: FtpTarget,
  lease: Lease<FtpCommands>,
  options: FetchOptions,
  signal: AbortSignal,
): Promise<ByteReader> {
  const { settings, silentServers } = context;
  const { facts, start, wantedBytes, hangUp } = options;
  const commands = lease.connection;
  let download: Download;
  try {
    download = await retrieve(commands, target, settings, start, signal);
  } catch (error) {
    signal.throwIfAborted();
    throw await explained(error, commands, target, facts);
  }
  const check = async (on: FtpCommands) => checkFacts(target, facts, await factsOf(on, target));
  const unchanged = () =>
    commands.usable ? check(commands) : onConnection(context, target, signal, (other) => checkOn(other, check));
  const knowsVersion = facts.sizeBytes !== undefined || facts.modifiedAt !== undefined;
  const body = ftpBody({
    target,
    lease,
    download,
    wantedBytes,
    hangUp,
    unchanged: knowsVersion ? unchanged : async () => {},
    silent: { has: () => silentServers.has(target.server), add: () => void silentServers.add(target.server) },
    signal,
    settings,
  });
  return bodyReader({
    url: target.url,
    body,
    expectedBytes: wantedBytes,
    floor: context.floorOf(target.server),
  });
}

async function checkOn(lease: Lease<FtpCommands>, check: (on: FtpCommands) => Promise<void>): Promise<void> {
  await check(lease.connection);
  lease.release('reusable');
}

/** @throws PieceworkError `SourceChanged`, `SourceNotFound`. */
export function checkFacts(
  target: FtpTarget,
  planned: Pick<FtpFacts, 'sizeBytes' | 'modifiedAt'>,
  now: FtpFacts,
): void {
  if (now.looksMissing) throw ftpError('SourceNotFound', target, 'the file is no longer there (550)');
  const change = fileChange(planned, now);
  if (change !== undefined) throw ftpError('SourceChanged', target, change);
}
