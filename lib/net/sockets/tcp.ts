import type { LookupAddress } from 'node:dns';
import { lookup as dnsLookup } from 'node:dns';
import type { LookupFunction, OnReadOpts, Socket } from 'node:net';
import { createConnection } from 'node:net';
import { fault } from '../errors/fault.ts';

export interface TcpTarget {
  /** A name, or an address without brackets. */
  readonly host: string;
  readonly port: number;
  readonly lookup?: LookupFunction | undefined;
  /** For resolution and connection together. */
  readonly timeoutMs: number;
  /** Where Node writes what comes, in place of memory of its own for each read. @default none */
  readonly onread?: OnReadOpts;
}

/** Before the next address is tried beside the one that has not answered yet (RFC 8305 §5). */
const ATTEMPT_DELAY_MS = 250;

/**
 * An open connection: to whichever address of a name answers first, each tried a moment after the one before, or as
 * soon as that has failed (Happy Eyeballs, RFC 8305). Nothing of its data is read yet.
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

async function tryAddresses({ host, port, lookup, onread }: TcpTarget, until: AbortSignal): Promise<Socket> {
  const addresses = familiesInTurn(await addressesOf(host, lookup, until));
  const over = new AbortController();
  const signal = AbortSignal.any([until, over.signal]);
  const { promise, resolve, reject } = Promise.withResolvers<Socket>();
  let timer: NodeJS.Timeout | undefined;
  let begun = 0;
  let failed = 0;
  let first: unknown;
  const end = (settle: () => void) => {
    clearTimeout(timer);
    settle();
    over.abort();
  };
  const won = (socket: Socket) => {
    if (over.signal.aborted) socket.destroy();
    else end(() => resolve(socket));
  };
  const lost = (error: unknown) => {
    if (over.signal.aborted) return;
    first ??= error;
    failed += 1;
    if (until.aborted || failed === addresses.length) end(() => reject(until.aborted ? until.reason : first));
    else begin();
  };
  const begin = (): void => {
    clearTimeout(timer);
    const address = addresses[begun];
    if (address === undefined) return;
    begun += 1;
    timer = setTimeout(begin, ATTEMPT_DELAY_MS);
    connectOne({ address, port, onread }, signal).then(won, lost);
  };
  begin();
  return await promise;
}

/** In the resolver's order, but for the families, which take turns: one that leads nowhere costs one attempt. */
function familiesInTurn(addresses: readonly string[]): readonly string[] {
  const isSix = (address: string) => address.includes(':');
  const [first = ''] = addresses;
  const preferred = addresses.filter((address) => isSix(address) === isSix(first));
  const others = addresses.filter((address) => isSix(address) !== isSix(first));
  const rows = Math.max(preferred.length, others.length);
  return Array.from({ length: rows }, (_, row) => [preferred[row], others[row]])
    .flat()
    .filter((address) => address !== undefined);
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

interface Attempt {
  readonly address: string;
  readonly port: number;
  readonly onread: OnReadOpts | undefined;
}

function connectOne({ address, port, onread }: Attempt, until: AbortSignal): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const options = { host: address, port, noDelay: true, keepAlive: true };
    const socket = createConnection(onread === undefined ? options : { ...options, onread });
    // What comes right away has no reader yet.
    if (onread !== undefined) socket.pause();
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
