import type { Sources } from '../../sources/source.ts';
import { fairTurns } from './fair-turns.ts';

/** Connections to sources, unless a single transfer was asked to have more. */
export const PER_HOST = 16;
export const IN_ALL = 64;

export interface ConnectionNeed {
  /** `undefined` = the transfer is not going to ask its source. */
  readonly host: string | undefined;
  readonly parallelism: number;
}

/**
 * Connections to the sources of all transfers of a home, shared out fairly. A transfer has no more at a time than it
 * was asked to have, and a host no more than it is known to bear, nor than 16, or as many as one transfer from it was
 * allowed. (A piece that is rescued has a second one beside.) They are held while a source is read, and not while what
 * was read is on its way to the destination.
 */
export interface Connections {
  /** The connections of one more transfer, until it is disposed of. */
  share(need: ConnectionNeed): ConnectionShare;
  /** From now on no more than these, whatever a transfer was asked to have; what is open stays so to its end. */
  allow(most: ConnectionLimits): void;
  /** Taken now. */
  openTo(host: string): number;
  /** Hosts that a connection is taken to now. */
  readonly openHosts: readonly string[];
  /** As many as all that share may have of this host together. */
  wantedOf(host: string): number;
}

/** One of a host's connections, until it is disposed of. */
export interface Connection extends Disposable {
  /** From 1: the lowest that no other one to this host has. */
  readonly number: number;
}

export interface ConnectionShare extends Disposable {
  /**
   * A piece's. Waits for the transfer's turn; disposing gives the connection back.
   * @param borne as many as the host is known to bear, from now on; infinite = nothing is known against more.
   * @default as many as before
   */
  take(signal: AbortSignal, borne?: number): Promise<Connection>;
  /** A probe's, which is in no piece's way and waits for none of its own transfer. */
  takeForProbe(signal: AbortSignal): Promise<Disposable>;
}

export interface ConnectionLimits {
  /** @default 64, or as many as one transfer was asked to have */
  readonly connections?: number | undefined;
  /** @default 16, or as many as one transfer was asked to have */
  readonly perHost?: number | undefined;
}

interface Wanted {
  readonly host: string;
  /** Absent: for a probe. */
  readonly pieceOf?: ConnectionNeed;
}

export function sharedConnections(atFirst: ConnectionLimits = {}): Connections {
  let limits = atFirst;
  const needs = new Set<ConnectionNeed>();
  const taken = new Counts<string>();
  const takenByPieces = new Counts<ConnectionNeed>();
  const borneBy = new Map<string, number>();
  const numbers = new Map<string, Set<number>>();

  function numbered(host: string, turn: Disposable): Connection {
    const inUse = numbers.get(host) ?? new Set();
    numbers.set(host, inUse);
    let number = 1;
    while (inUse.has(number)) number += 1;
    inUse.add(number);
    let isHeld = true;
    return {
      number,
      [Symbol.dispose]() {
        if (!isHeld) return;
        isHeld = false;
        inUse.delete(number);
        if (inUse.size === 0 && numbers.get(host) === inUse) numbers.delete(host);
        turn[Symbol.dispose]();
      },
    };
  }

  function mostOf(floor: number, host?: string): number {
    let most = floor;
    for (const need of needs) {
      if (host === undefined || need.host === host) most = Math.max(most, need.parallelism);
    }
    return most;
  }

  const mostTo = (host: string) => limits.perHost ?? mostOf(PER_HOST, host);

  const turns = fairTurns<Wanted>({
    judge({ host, pieceOf }) {
      if (taken.all >= (limits.connections ?? mostOf(IN_ALL))) return 'waits';
      const most = Math.min(mostTo(host), borneBy.get(host) ?? Number.POSITIVE_INFINITY);
      const isOneTooMany = pieceOf !== undefined && takenByPieces.of(pieceOf) >= pieceOf.parallelism;
      return taken.of(host) < most && !isOneTooMany ? 'free' : 'passed';
    },
    take({ host, pieceOf }) {
      taken.add(host, 1);
      if (pieceOf !== undefined) takenByPieces.add(pieceOf, 1);
    },
    giveBack({ host, pieceOf }) {
      taken.add(host, -1);
      if (pieceOf !== undefined) takenByPieces.add(pieceOf, -1);
    },
  });

  return {
    allow(most) {
      limits = most;
      turns.look();
    },

    share(given) {
      const need = { ...given };
      const host = need.host ?? '';
      const probes = {};
      needs.add(need);
      return {
        async take(signal, borne) {
          if (borne !== undefined) borneBy.set(host, borne);
          return numbered(host, await turns.ask(need, { host, pieceOf: need }, signal));
        },
        takeForProbe: (signal) => turns.ask(probes, { host }, signal),
        [Symbol.dispose]() {
          needs.delete(need);
          if (![...needs].some((other) => other.host === need.host)) borneBy.delete(host);
        },
      };
    },

    openTo: (host) => taken.of(host),

    get openHosts() {
      return taken.keys;
    },

    wantedOf(host) {
      let wanted = 0;
      for (const need of needs) if (need.host === host) wanted += need.parallelism;
      return Math.min(wanted, mostTo(host));
    },
  };
}

/** How many of each. */
class Counts<K> {
  readonly #counts = new Map<K, number>();
  #all = 0;

  get all(): number {
    return this.#all;
  }

  get keys(): readonly K[] {
    return [...this.#counts.keys()];
  }

  of(key: K): number {
    return this.#counts.get(key) ?? 0;
  }

  add(key: K, more: 1 | -1): void {
    this.#all += more;
    const count = this.of(key) + more;
    if (count > 0) this.#counts.set(key, count);
    else this.#counts.delete(key);
  }
}

/**
 * The same sources; a probe takes a connection first, and gives it back when it is disposed of. (A piece
 * takes its own before its window: a holder of a window waits for no connection, so that those who have
 * one and need a window get it.)
 */
export function probesInTurn(sources: Sources, share: ConnectionShare): Sources {
  return (url) => {
    const source = sources(url);
    return {
      ...source,
      async probe(from, firstBytes, call) {
        const connection = await share.takeForProbe(call.signal);
        try {
          const probe = await source.probe(from, firstBytes, call);
          return {
            ...probe,
            async [Symbol.asyncDispose]() {
              await probe[Symbol.asyncDispose]();
              connection[Symbol.dispose]();
            },
          };
        } catch (error) {
          connection[Symbol.dispose]();
          throw error;
        }
      },
    };
  };
}
