import type { LookupFunction } from 'node:net';
import type { SecureContext } from 'node:tls';
import { readOrdinarySync, USER_FILE } from '../disk/ordinary-file.ts';
import { PieceworkError } from '../errors/error.ts';
import { contextWith } from '../net/sockets/authorities.ts';
import { stated } from '../values/stated.ts';
import { BoundedHandler } from './bounded-handler.ts';
import type { StoreConnections } from './direct/connections.ts';
import { storeConnections } from './direct/connections.ts';

/** How the SDK's connections are made and watched. */
export interface HandlerOptions {
  /** Connections per store. @default 64 */
  readonly maxSockets?: number;
  /** PEM file of a certificate authority to trust besides the known ones. */
  readonly caFile?: string;
  /** Resolves the names of stores in place of `dns.lookup`. */
  readonly lookup?: LookupFunction;
  /** @default 10 s */
  readonly connectTimeoutMs?: number;
  /** A connection on which nothing moves for this long is given up. @default 120 s */
  readonly idleTimeoutMs?: number;
  /**
   * From the end of a request to the head of its answer, and from there to the end of an answer that is not an object
   * (15 min where S3 itself takes so long: completing and copying). @default `idleTimeoutMs`
   */
  readonly answerTimeoutMs?: number;
}

const MOST_SOCKETS = 64;
const CONNECT_TIMEOUT_MS = 10_000;
const IDLE_TIMEOUT_MS = 120_000;

/** @throws PieceworkError `InvalidOption` for a CA file that is none. */
export function requestHandler(options: HandlerOptions): BoundedHandler {
  const { maxSockets = MOST_SOCKETS, lookup, idleTimeoutMs = IDLE_TIMEOUT_MS } = options;
  const agent = { maxSockets, ...(lookup === undefined ? {} : { lookup }) };
  return new BoundedHandler(
    {
      connectionTimeout: options.connectTimeoutMs ?? CONNECT_TIMEOUT_MS,
      // No bound on a whole request: a part may take minutes on a slow line. What counts is that it moves.
      socketTimeout: idleTimeoutMs,
      httpAgent: agent,
      httpsAgent: { ...agent, ...stated({ secureContext: contextOf(options.caFile) }) },
    },
    options.answerTimeoutMs ?? idleTimeoutMs,
  );
}

/** The same, for requests that go without the SDK. */
export function directConnections(options: HandlerOptions): StoreConnections {
  const { maxSockets, lookup, idleTimeoutMs = IDLE_TIMEOUT_MS } = options;
  return storeConnections({
    most: maxSockets ?? MOST_SOCKETS,
    lookup,
    secureContext: contextOf(options.caFile),
    connectTimeoutMs: options.connectTimeoutMs ?? CONNECT_TIMEOUT_MS,
    idleTimeoutMs,
    answerTimeoutMs: options.answerTimeoutMs ?? idleTimeoutMs,
  });
}

function contextOf(caFile: string | undefined): SecureContext | undefined {
  if (caFile === undefined) return undefined;
  try {
    return contextWith(readOrdinarySync(caFile, USER_FILE));
  } catch (error) {
    throw badCaFile(caFile, error);
  }
}

function badCaFile(caFile: string, cause: unknown): PieceworkError {
  return new PieceworkError('InvalidOption', `the CA file ${caFile} can't be read as PEM certificates`, { cause });
}
