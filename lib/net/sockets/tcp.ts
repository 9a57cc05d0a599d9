import type { LookupAddress } from 'node:dns';
import { lookup as dnsLookup } from 'node:dns';
import type { LookupFunction, Socket } from 'node:net';
import { createConnection } from 'node:net';
import { fault } from '../errors/fault.ts';

export interface TcpTarget {
  /** A name, or an address without brackets. */
  readonly host: string;
  readonly port: number;
  readonly lookup?: LookupFunction | undefined;
  /** For resolution and connection together. */
  readonly timeoutMs: number;
}

/**
 * An open connection; addresses of a name are tried one after the other. Nothing of its data is read yet.
 * Throws Node's own errors (`ENOTFOUND`, `ECONNREFUSED`, `ETIMEDOUT`, …), or the signal's reason.
 */
export async function connectTcp(target: TcpTarget, signal: AbortSignal): Promise<Socket> {
  signal.throwIfAborted();
  const deadline = AbortSignal.timeout(target.timeoutMs);
  const until = AbortSignal.any([signal, deadline]);
  try {
    return await tryAddresses(target, until);
  } catch (error) {
    signal.throwIfAborted();
    throw deadline.aborted ? timedOut() : error;
  }
}

async function tryAddresses({ host, port, lookup }: TcpTarget, until: AbortSignal): Promise<Socket> {
  let last: unknown;
  for (const address of await addressesOf(host, lookup, until)) {
    try {
      return await connectOne(address, port, until);
    } catch (error) {
      until.throwIfAborted();
      last ??= error;
    }
  }
  throw last;
}

function addressesOf(host: string, lookup: LookupFunction = dnsLookup, until: AbortSignal): Promise<readonly string[]> {
  return new Promise((resolve, reject) => {
    until.addEventListener('abort', () => reject(until.reason), { once: true });
    lookup(host, { all: true }, (error, found: string | LookupAddress[]) => {
      const addresses = typeof found === 'string' ? [found] : (found ?? []).map(({ address }) => address);
      if (error !== null) reject(error);
      else if (addresses.length === 0) reject(fault('ENOTFOUND', `${host} has no address`));
      else resolve(addresses);
    });
  });
}

function connectOne(address: string, port: number, until: AbortSignal): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = createConnection({ host: address, port, noDelay: true, keepAlive: true });
    const stop = () => socket.destroy(until.reason);
    until.addEventListener('abort', stop, { once: true });
    const settled = () => {
      until.removeEventListener('abort', stop);
      socket.removeAllListeners();
    };
    socket.once('error', (error) => {
      settled();
      socket.destroy();
      reject(error);
    });
    socket.once('connect', () => {
      settled();
      resolve(socket);
    });
  });
}

function timedOut(): Error {
  return fault('ETIMEDOUT', 'no connection in time');
}
