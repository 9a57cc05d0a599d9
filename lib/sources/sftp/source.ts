import { PieceworkError } from '../../errors/error.ts';
import { redactUrl } from '../../errors/redact.ts';
import type { SpeedFloor } from '../../net/bodies/speed.ts';
import { speedFloors } from '../../net/bodies/speed.ts';
import type { Lease } from '../../net/pools/pool.ts';
import { connectionPool } from '../../net/pools/pool.ts';
import type { Pools } from '../../net/pools/pools.ts';
import { poolsOf } from '../../net/pools/pools.ts';
import { withConnection } from '../../net/pools/with-connection.ts';
import type { NetOptions } from '../../net/settings.ts';
import { netSettings } from '../../net/settings.ts';
import type { SourceLocator } from '../../transfer/locators.ts';
import type { Snapshot } from '../../transfer/snapshot.ts';
import type { ByteReader } from '../../values/bytes.ts';
import type { Call } from '../../values/call.ts';
import type { ByteRange } from '../../values/ranges.ts';
import type { Probe, Source } from '../source.ts';
import { fullError, sftpError } from './errors.ts';
import type { SftpSettings } from './login.ts';
import { logIn } from './login.ts';
import type { OpenedFile } from './opened-file.ts';
import { checkStillSame, checkUnchanged, openFile } from './opened-file.ts';
import { sftpReader } from './reader.ts';
import type { OpenFiles, SftpSession } from './session.ts';
import type { SftpTarget } from './url.ts';
import { sftpTarget } from './url.ts';

export interface SftpSourceOptions extends NetOptions {
  /**
   * Files in the form of OpenSSH's; one that is not there counts as empty.
   * @default none: only a locator's fingerprint is trusted
   */
  readonly knownHostsFiles?: readonly string[];
  /** Of an SSH agent, asked where a locator brings neither password nor key. @default none */
  readonly agentSocket?: string;
  /** Texts of private keys, tried after the agent; those that are encrypted are passed over. @default none */
  readonly identities?: () => readonly string[];
  /** For URLs without one. @default none: such a URL is refused */
  readonly defaultUser?: string;
}

interface Context {
  readonly pools: Pools<SftpTarget, SftpSession>;
  readonly settings: SftpSettings;
  readonly floorOf: (server: string) => SpeedFloor;
  readonly defaultUser: string | undefined;
}

/**
 * Files on SSH servers, each piece on a connection of its own; connections are kept for the next piece. Retries
 * nothing.
 */
export function sftpSource(options: SftpSourceOptions = {}): Source {
  const settings: SftpSettings = {
    ...netSettings(options),
    knownHostsFiles: options.knownHostsFiles ?? [],
    agentSocket: options.agentSocket,
    identities: options.identities ?? (() => []),
  };
  const pools = poolsOf<SftpTarget, SftpSession>(
    ({ host, port, user, password, key, fingerprint }) =>
      JSON.stringify([host, port, user, password, key, fingerprint]),
    (target) => {
      const files: OpenFiles = { count: 0, opening: new Set() };
      return connectionPool<SftpSession>({
        open: (signal) => logIn(target, settings, files, signal),
        fullness: {
          isFull: (error) => error instanceof PieceworkError && error.code === 'SourceReset',
          full: (error, openConnections) => (openConnections > 0 ? fullError(target, error, openConnections) : error),
          waitMs: settings.headersTimeoutMs,
          busy: () => sftpError('SourceBusy', target, 'no connection became free in time'),
        },
      });
    },
  );
  const context: Context = { pools, settings, floorOf: speedFloors(settings), defaultUser: options.defaultUser };
  return {
    schemes: ['sftp'],
    probe: (from, firstBytes, call) => probe(context, from, firstBytes, call),
    open: (from, snapshot, range, call) => openRange(context, from, snapshot, range, call),
    copySource: async () => undefined,
    async [Symbol.asyncDispose]() {
      pools.close();
    },
  };
}

async function probe(
  context: Context,
  from: SourceLocator,
  firstBytes: number | 'all',
  { signal }: Call,
): Promise<Probe> {
  const target = allowedTarget(context, from);
  return await withConnection(context.pools.of(target), signal, async (lease) => {
    const opened = await openFile(target, lease.connection);
    const { sizeBytes, modifiedAt } = opened.version;
    const end = firstBytes === 'all' ? sizeBytes : Math.min(firstBytes, sizeBytes);
    const body = readerOf(context, target, lease, opened, { start: 0, end }, signal);
    return {
      snapshot: {
        sizeBytes,
        ranges: true,
        ...(modifiedAt === undefined
          ? { validator: { kind: 'none' } }
          : { validator: { kind: 'date', lastModified: modifiedAt }, modifiedAt }),
        name: target.name,
        digests: {},
        warnings: modifiedAt === undefined ? [NO_TIME] : [],
      },
      finalUrl: redactUrl(from.url),
      body,
      bodyIsWhole: end === sizeBytes,
      [Symbol.asyncDispose]: () => body[Symbol.asyncDispose](),
    };
  });
}

const NO_TIME =
  'the server does not say when the file was changed, so a change during the transfer may go unseen unless its size or a digest tells';

async function openRange(
  context: Context,
  from: SourceLocator,
  snapshot: Snapshot,
  range: ByteRange,
  { signal }: Call,
): Promise<ByteReader> {
  const target = allowedTarget(context, from);
  return await withConnection(context.pools.of(target), signal, async (lease) => {
    const opened = await openFile(target, lease.connection);
    try {
      checkUnchanged(target, snapshot, opened.version);
    } catch (error) {
      lease.connection.release(opened.handle);
      throw error;
    }
    return readerOf(context, target, lease, opened, range, signal);
  });
}

function allowedTarget({ settings, defaultUser }: Context, from: SourceLocator): SftpTarget {
  const target = sftpTarget(from, defaultUser);
  settings.guard?.checkUrl(target.url);
  return target;
}

function readerOf(
  context: Context,
  target: SftpTarget,
  lease: Lease<SftpSession>,
  opened: OpenedFile,
  range: ByteRange,
  signal: AbortSignal,
): ByteReader {
  const { handle } = opened;
  const unchanged = () => checkStillSame(target, lease.connection, opened);
  const floor = context.floorOf(target.url.host);
  return sftpReader({ target, lease, handle, range, unchanged, signal, settings: context.settings, floor });
}
