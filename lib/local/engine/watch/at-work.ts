/** What an engine works on right now: its transfers, and which connection each of their pieces is read on. */
export interface AtWork {
  /** By piece: `host#3`, the third of the connections to that host. `undefined` = it does not work on the transfer. */
  connectionsOf(transferId: string): ReadonlyMap<number, string> | undefined;
  /** Of its source, with its port; '' = it has none. */
  hostOf(transferId: string): string | undefined;
}

/** Notes it, for those who look. */
export interface AtWorkNotes extends AtWork {
  /** Until it is disposed of. */
  began(transferId: string, host?: string): Disposable;
  /** The piece is read on it until this is disposed of. */
  reads(transferId: string, pieceNumber: number, connection: string): Disposable;
}

export function atWorkNotes(): AtWorkNotes {
  const transfers = new Map<string, Map<number, string>>();
  const hosts = new Map<string, string>();
  return {
    connectionsOf: (transferId) => transfers.get(transferId),
    hostOf: (transferId) => hosts.get(transferId),
    began(transferId, host = '') {
      hosts.set(transferId, host);
      const pieces = new Map<number, string>();
      transfers.set(transferId, pieces);
      return {
        [Symbol.dispose]() {
          if (transfers.get(transferId) !== pieces) return;
          transfers.delete(transferId);
          hosts.delete(transferId);
        },
      };
    },
    reads(transferId, pieceNumber, connection) {
      const pieces = transfers.get(transferId);
      pieces?.set(pieceNumber, connection);
      return {
        [Symbol.dispose]() {
          if (pieces?.get(pieceNumber) === connection) pieces.delete(pieceNumber);
        },
      };
    },
  };
}
