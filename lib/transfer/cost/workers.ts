import type { LoadPolicy } from '../loads/shape.ts';
import type { Architecture } from './prices.ts';

/** How a deployment's functions are made, as far as it says what a transfer costs. */
export interface Workers {
  readonly fetcherMemoryMiB: number;
  readonly plannerMemoryMiB: number;
  /** Of the API's function and the finalizer. */
  readonly metadataMemoryMiB: number;
  readonly architecture: Architecture;
  readonly maxFetchers: number;
  /** Pieces side by side in one fetcher, until its source was seen to bear more. */
  readonly piecesPerFetcher: number;
  /** The same at most, of a source that gives each connection little. */
  readonly mostPerFetcher: number;
  /** How long results are collected for one run of the finalizer. */
  readonly resultsWindowSeconds: number;
  /** Connections to one host, until better is known. */
  readonly hostConnections: number;
  /** A piece must be done in this time. */
  readonly pieceTimeoutSeconds: number;
}

const GB_MIB = 1024;
/** https://docs.aws.amazon.com/lambda/latest/dg/configuration-memory.html */
const MIB_PER_CPU = 1769;
/** What the connections of one fetcher are to fill: somewhat less than its network. */
const FETCHER_BYTES_PER_SECOND = 60 * 1024 ** 2;
/** Bytes per second of one environment, in each direction (625 Mbit/s): AWS's default. */
const NETWORK_BYTES_PER_SECOND = 625e6 / 8;
/** CPU seconds for a GB (10⁹ bytes) of a fetcher, measured over HTTPS on both sides (`node bench/lambda/run.ts`). */
const CPU_SECONDS_PER_GB = 2.37;

/** GB-seconds of a function with so much memory in so many seconds. */
export function gbSecondsOf(memoryMiB: number, seconds: number): number {
  return (memoryMiB / GB_MIB) * seconds;
}

/**
 * How long one connection of several in an environment takes for so many bytes, in seconds: what the source gives it,
 * the environment's network, or its CPU, whichever takes longest.
 */
export function bringingSeconds(
  bytes: number,
  { bytesPerSecond, sideBySide, memoryMiB }: { bytesPerSecond: number; sideBySide: number; memoryMiB: number },
): number {
  // One process computes on one CPU.
  const cpus = Math.min(1, memoryMiB / MIB_PER_CPU);
  return Math.max(
    bytes / Math.max(1, bytesPerSecond),
    (sideBySide * bytes) / NETWORK_BYTES_PER_SECOND,
    (sideBySide * bytes * CPU_SECONDS_PER_GB) / 1e9 / cpus,
  );
}

/** For the part that is on its way when the time is up, and for the report. */
const PIECE_MARGIN_MS = 13_000;

/** How long a fetcher with that time-out can be at one piece. */
export function pieceLifeMs(pieceTimeoutMs: number): number {
  return Math.max(0.75 * pieceTimeoutMs, pieceTimeoutMs - PIECE_MARGIN_MS);
}

/** How pieces are put together for one fetcher. */
export function loadsOf({
  piecesPerFetcher,
  mostPerFetcher,
  pieceTimeoutSeconds,
}: Pick<Workers, 'piecesPerFetcher' | 'mostPerFetcher' | 'pieceTimeoutSeconds'>): LoadPolicy {
  return {
    leastConnections: piecesPerFetcher,
    mostConnections: mostPerFetcher,
    bytesPerSecond: FETCHER_BYTES_PER_SECOND,
    // The last piece of a connection may take longer than those before it.
    loadMs: 0.75 * pieceLifeMs(1000 * pieceTimeoutSeconds),
    mostPerConnection: 16,
  };
}
