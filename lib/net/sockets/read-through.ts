import type { PullSocket } from './pull-socket.ts';

export interface ReadThroughOptions {
  /** Whichever comes first. */
  readonly ends: readonly string[];
  readonly mostBytes: number;
  /** For all of it together; a byte now and then does not prolong it. @default for ever */
  readonly withinMs?: number;
  /** Looks at what has come while the end is not there. */
  readonly check?: (text: string) => void;
  readonly tooLong: () => Error;
}

/**
 * The text up to an end, and with it; characters are the bytes. `undefined` when the other side ended before. Throws
 * what `check` throws.
 */
export async function readThrough(
  socket: Pick<PullSocket, 'peek' | 'skip'>,
  options: ReadThroughOptions,
): Promise<string | undefined> {
  const { ends, mostBytes, withinMs, check, tooLong } = options;
  const until = withinMs === undefined ? undefined : performance.now() + withinMs;
  let text = '';
  for (;;) {
    const came = await socket.peek(until === undefined ? 0 : Math.max(1, Math.ceil(until - performance.now())));
    if (came.length === 0) return undefined;
    const before = text.length;
    text += Buffer.from(came.buffer, came.byteOffset, came.length).toString('latin1');
    const found = endOf(text, before, ends);
    const read = found ?? text.length;
    if (read > mostBytes) throw tooLong();
    socket.skip(read - before);
    if (found !== undefined) return text.slice(0, found);
    check?.(text);
  }
}

/** Behind the first end that is not wholly before `from`. */
function endOf(text: string, from: number, ends: readonly string[]): number | undefined {
  const found = ends.flatMap((end) => {
    const at = text.indexOf(end, Math.max(0, from - end.length + 1));
    return at < 0 ? [] : [at + end.length];
  });
  return found.length === 0 ? undefined : Math.min(...found);
}
