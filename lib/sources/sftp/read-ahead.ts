import type { ByteRange } from '../../values/ranges.ts';

/** Of what was asked for and not taken yet, of one connection. It comes in while its reader does something else. */
const AHEAD_BYTES = 1024 ** 2;

interface Answer {
  readonly memory: Uint8Array;
  readonly bytes: Uint8Array;
  /** All of it has come. */
  readonly landed: Promise<void>;
  /** From its beginning. */
  readonly came: { bytes: number };
  takenBytes: number;
}

export interface ReadAheadOptions {
  readonly range: ByteRange;
  /** One answer has no more. */
  readonly answerBytes: number;
  /** Fills `into` from that place of the file on; `came` gets how much of it has come so far. */
  ask(into: Uint8Array, position: number, came: (bytes: number) => void): Promise<void>;
  /** Memory for answers, of `answerBytes` each, that may be used again. */
  readonly spare: Uint8Array[];
}

export interface ReadAhead {
  /** Nothing was asked for that was not taken. */
  readonly isEmpty: boolean;
  /**
   * Fills `into` with what comes next, as far as the range goes, and has what follows on its way when it resolves.
   * Where that fails: what came before it, and why.
   */
  take(into: Uint8Array, isStopped: () => boolean): Promise<{ readonly bytes: number; readonly error?: unknown }>;
  /** From here on it goes on. */
  continueAt(position: number): void;
}

/** Asks for the answers that come next before they are wanted: a long way to the server is gone once, not each time. */
export function readAhead({ range, answerBytes, ask, spare }: ReadAheadOptions): ReadAhead {
  const answers: Answer[] = [];
  let askedUntil = range.start;
  let aheadBytes = 0;

  function askMore(): void {
    // Several at a time: they go out together.
    if (aheadBytes > AHEAD_BYTES / 2) return;
    while (askedUntil < range.end && (aheadBytes === 0 || aheadBytes + answerBytes <= AHEAD_BYTES)) {
      const memory = spare.pop() ?? new Uint8Array(answerBytes);
      const bytes = memory.subarray(0, Math.min(answerBytes, range.end - askedUntil));
      const came = { bytes: 0 };
      const landed = ask(bytes, askedUntil, (cameBytes) => {
        came.bytes = cameBytes;
      });
      // It may fail long before it is waited for.
      landed.catch(() => {});
      answers.push({ memory, bytes, landed, came, takenBytes: 0 });
      askedUntil += bytes.length;
      aheadBytes += bytes.length;
    }
  }

  function takeFrom(answer: Answer, into: Uint8Array): number {
    const given = answer.bytes.subarray(
      answer.takenBytes,
      Math.min(answer.came.bytes, answer.takenBytes + into.length),
    );
    into.set(given);
    answer.takenBytes += given.length;
    aheadBytes -= given.length;
    if (answer.takenBytes === answer.bytes.length) {
      answers.shift();
      spare.push(answer.memory);
    }
    return given.length;
  }

  return {
    get isEmpty() {
      return answers.length === 0;
    },
    async take(into, isStopped) {
      let bytes = 0;
      while (bytes < into.length) {
        askMore();
        const [next] = answers;
        if (next === undefined) break;
        try {
          await next.landed;
        } catch (error) {
          if (!isStopped()) bytes += takeFrom(next, into.subarray(bytes));
          return { bytes, error };
        }
        if (isStopped()) break;
        bytes += takeFrom(next, into.subarray(bytes));
      }
      askMore();
      return { bytes };
    },
    continueAt(position) {
      askedUntil = position;
    },
  };
}
