import type { Sources } from '../../sources/source.ts';
import { fairTurns } from './fair-turns.ts';

/** Connections to sources, unless a single transfer was asked to have more. */
const PER_HOST = 16;
const IN_ALL = 64;

export interface ConnectionNeed {
  /** `undefined` = the transfer is not going to ask its source. */
  readonly host: string | undefined;
  readonly parallelism: number;
}

/**
 * Connections to the sources of all transfers of a home, shared out fairly. A host is never asked for more at a time
 * than for 16, or for as many as one transfer from it was allowed. (A piece that is rescued has a second one beside.)
 */
export interface Connections {
  /** The connections of one more transfer, until it is disposed of. */
  share(need: ConnectionNeed): ConnectionShare;
}

export interface ConnectionShare extends Disposable {
  /** Waits for the transfer's turn; disposing gives the connection back. */
  take(signal: AbortSignal): Promise<Disposable>;
}

export function sharedConnections(): Connections {
  const needs = new Set<ConnectionNeed>();
  const taken = new Map<string, number>();
  let takenInAll = 0;

  function mostOf(floor: number, host?: string): number {
    let most = floor;
    for (const need of needs) {
      if (host === undefined || need.host === host) most = Math.max(most, need.parallelism);
    }
    return most;
  }

  const turns = fairTurns<string>({
    judge(host) {
      if (takenInAll >= mostOf(IN_ALL)) return 'waits';
      return (taken.get(host) ?? 0) < mostOf(PER_HOST, host) ? 'free' : 'passed';
    },
    take(host) {
      takenInAll += 1;
      taken.set(host, (taken.get(host) ?? 0) + 1);
    },
    giveBack(host) {
      takenInAll -= 1;
      const left = (taken.get(host) ?? 0) - 1;
      if (left > 0) taken.set(host, left);
      else taken.delete(host);
    },
  });

  return {
    share(given) {
      const need = { ...given };
      needs.add(need);
      return {
        take: (signal) => turns.ask(need, need.host ?? '', signal),
        [Symbol.dispose]: () => void needs.delete(need),
      };
    },
  };
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
        const connection = await share.take(call.signal);
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
