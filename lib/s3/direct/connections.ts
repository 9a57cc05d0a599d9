import type { LookupFunction } from 'node:net';
import type { SecureContext } from 'node:tls';
import { connectionPool } from '../../net/pools/pool.ts';
import type { Pools } from '../../net/pools/pools.ts';
import { poolsOf } from '../../net/pools/pools.ts';
import { PullSocket } from '../../net/sockets/pull-socket.ts';
import { resumingTls } from '../../net/sockets/tls.ts';
import type { ConnectionLimits, Question, StoreAnswer } from './connection.ts';
import { StoreConnection } from './connection.ts';

/** Where a store answers. */
export interface StoreOrigin {
  readonly isSecure: boolean;
  /** A name, or an address without brackets. */
  readonly host: string;
  readonly port: number;
}

export interface StoreConnectionsOptions extends ConnectionLimits {
  /** To one origin; more requests wait. */
  readonly most: number;
  readonly connectTimeoutMs: number;
  readonly lookup?: LookupFunction | undefined;
  readonly secureContext?: SecureContext | undefined;
}

/** Connections of our own to stores, used again and again. */
export interface StoreConnections {
  /** One try. Throws Node's own errors, those of `../bounds.ts`, or the signal's reason. */
  ask(origin: StoreOrigin, question: Question, signal: AbortSignal): Promise<StoreAnswer>;
  close(): void;
}

export function storeConnections(options: StoreConnectionsOptions): StoreConnections {
  const pools: Pools<StoreOrigin, StoreConnection> = poolsOf(
    ({ isSecure, host, port }) => `${isSecure} ${host} ${port}`,
    (origin) => connectionPool({ most: options.most, open: opener(origin, options) }),
  );
  return {
    async ask(origin, question, signal) {
      const lease = await pools.of(origin).borrow(signal);
      const { connection } = lease;
      const stop = () => connection.stop(signal.reason);
      signal.addEventListener('abort', stop, { once: true });
      try {
        signal.throwIfAborted();
        const answer = await connection.ask(question);
        signal.throwIfAborted();
        connection.finish();
        return answer;
      } catch (error) {
        connection.close(error);
        throw error;
      } finally {
        signal.removeEventListener('abort', stop);
        lease.release('reusable');
      }
    },
    close: () => pools.close(),
  };
}

function opener({ isSecure, host, port }: StoreOrigin, options: StoreConnectionsOptions) {
  const { lookup, secureContext, connectTimeoutMs } = options;
  const tls = resumingTls({ host, secureContext });
  return async (signal: AbortSignal): Promise<StoreConnection> => {
    const target = { host, port, lookup, timeoutMs: connectTimeoutMs, ...(isSecure ? { tls: tls() } : {}) };
    return new StoreConnection(await PullSocket.open(target, signal), options);
  };
}
