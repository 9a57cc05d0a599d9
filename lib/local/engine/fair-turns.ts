/** What is shared out, and its rules. */
export interface Supply<W> {
  /**
   * Whether this can be had now. Where not: `passed` lets others be served before it, `waits` lets none, so
   * that enough becomes free for it.
   */
  judge(wanted: W): 'free' | 'passed' | 'waits';
  take(wanted: W): void;
  giveBack(wanted: W): void;
}

/** Something scarce that many transfers ask for: one request of each in turn, so that none waits for another's end. */
export interface FairTurns<W> {
  /** Waits for its turn. Disposing gives it back, once. Rejects with the signal's reason. */
  ask(asker: object, wanted: W, signal: AbortSignal): Promise<Disposable>;
  /** There may be more than before. */
  look(): void;
}

interface Turn<W> {
  readonly wanted: W;
  go(): void;
}

export function fairTurns<W>(supply: Supply<W>): FairTurns<W> {
  /** Who waits for what. The one to be served next stands first. */
  const waiting = new Map<object, Turn<W>[]>();

  function serve(): void {
    while (serveOne());
  }

  function serveOne(): boolean {
    for (const [asker, turns] of waiting) {
      const [turn] = turns;
      if (turn === undefined) continue;
      const verdict = supply.judge(turn.wanted);
      if (verdict === 'waits') return false;
      if (verdict === 'passed') continue;
      turns.shift();
      // The asker's next one waits until all others have had theirs.
      waiting.delete(asker);
      if (turns.length > 0) waiting.set(asker, turns);
      supply.take(turn.wanted);
      turn.go();
      return true;
    }
    return false;
  }

  function leave(asker: object, turn: Turn<W>): void {
    const turns = waiting.get(asker) ?? [];
    turns.splice(turns.indexOf(turn), 1);
    if (turns.length === 0) waiting.delete(asker);
  }

  function lease(wanted: W): Disposable {
    let isHeld = true;
    return {
      [Symbol.dispose]() {
        if (!isHeld) return;
        isHeld = false;
        supply.giveBack(wanted);
        serve();
      },
    };
  }

  return {
    look: serve,
    async ask(asker, wanted, signal) {
      signal.throwIfAborted();
      return await new Promise<Disposable>((resolve, reject) => {
        const turn: Turn<W> = {
          wanted,
          go() {
            signal.removeEventListener('abort', stop);
            resolve(lease(wanted));
          },
        };
        function stop() {
          leave(asker, turn);
          reject(signal.reason);
          serve();
        }
        const turns = waiting.get(asker);
        if (turns === undefined) waiting.set(asker, [turn]);
        else turns.push(turn);
        signal.addEventListener('abort', stop, { once: true });
        serve();
      });
    },
  };
}
