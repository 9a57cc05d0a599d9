import { speedFloors } from '../../net/bodies/speed.ts';
import { connectionPool } from '../../net/pools/pool.ts';
import { poolsOf } from '../../net/pools/pools.ts';
import type { NetOptions } from '../../net/settings.ts';
import { netSettings } from '../../net/settings.ts';
import { trusting } from '../../net/sockets/authorities.ts';
import type { SourceLocator } from '../../transfer/locators.ts';
import type { Snapshot } from '../../transfer/snapshot.ts';
import type { ByteReader } from '../../values/bytes.ts';
import type { Call } from '../../values/call.ts';
import type { ByteRange } from '../../values/ranges.ts';
import { rangeLength } from '../../values/ranges.ts';
import type { Source } from '../source.ts';
import type { FtpCommands, FtpManners } from './commands.ts';
import { FtpFull, ftpError, fullError, LoginRefused } from './errors.ts';
import { factsOf } from './facts.ts';
import type { FtpContext } from './fetch.ts';
import { allowedTarget, checkFacts, fetchOn, onConnection } from './fetch.ts';
import type { FtpSettings } from './login.ts';
import { logIn } from './login.ts';
import { probeFtp } from './probe.ts';
import type { FtpTarget } from './url.ts';

export interface FtpSourceOptions extends NetOptions {
  /** PEM certificates (not file names) trusted besides those that Node trusts anyway. @default none */
  readonly ca?: string | readonly string[];
}

/**
 * Files on FTP servers: `ftp:`, `ftps:` and `ftpes:` (TLS). Passive only, in binary, each piece on a control connection
 * of its own; connections are kept for the next piece, and closed by disposing. Retries nothing.
 * @throws PieceworkError `InvalidOption`.
 */
export function ftpSource(options: FtpSourceOptions = {}): Source {
  const settings: FtpSettings = { ...netSettings(options), trust: trusting(options.ca) };
  const pools = poolsOf<FtpTarget, FtpCommands>(
    ({ url, host, port, user, password }) => JSON.stringify([url.protocol, host, port, user, password]),
    (target) => {
      const manners: FtpManners = { knowsEpsv: true };
      return connectionPool<FtpCommands>({
        open: (signal) => logIn(target, { ...settings, manners }, signal),
        fullness: {
          // Where this very login stands already, the server has no other reason to refuse it.
          isFull: (error, openConnections) =>
            error instanceof FtpFull || (error instanceof LoginRefused && openConnections > 0),
          full: (error, openConnections) =>
            error instanceof FtpFull || error instanceof LoginRefused
              ? fullError(target, error, openConnections)
              : error,
          waitMs: settings.headersTimeoutMs,
          busy: () =>
            ftpError(
              'SourceBusy',
              target,
              'the server takes no more connections, and none of ours became free in time',
            ),
        },
      });
    },
  );
  const context: FtpContext = { pools, settings, floorOf: speedFloors(settings), silentServers: new Set() };
  return {
    schemes: ['ftp', 'ftps', 'ftpes'],
    probe: (from, firstBytes, call) => probeFtp(context, from, firstBytes, call),
    open: (from, snapshot, range, call) => openFtp(context, from, snapshot, range, call),
    copySource: async () => undefined,
    async [Symbol.asyncDispose]() {
      pools.close();
    },
  };
}

async function openFtp(
  context: FtpContext,
  from: SourceLocator,
  snapshot: Snapshot,
  range: ByteRange,
  { signal }: Call,
): Promise<ByteReader> {
  const target = allowedTarget(context, from);
  const { sizeBytes, modifiedAt } = snapshot;
  const planned = { sizeBytes, modifiedAt, looksMissing: false };
  return await onConnection(context, target, signal, async (lease) => {
    checkFacts(target, planned, await factsOf(lease.connection, target));
    const options = {
      facts: planned,
      start: range.start,
      wantedBytes: rangeLength(range),
      hangUp: range.end !== sizeBytes,
    };
    return await fetchOn(context, target, lease, options, signal);
  });
}
