import type { PullSocket } from './pull-socket.ts';

export interface ReadThroughOptions {
  readonly end: string;
  readonly mostBytes: number;
  /** @default 0, for ever */
  readonly silenceMs?: number;
  /** Looks at what has come while the end is not there. */
  readonly check?: (text: string) => void;
  readonly tooLong: () => Error;
}

/**
 * The text up to `end`, and with it; characters are the bytes. `undefined` when the other side ended before. Throws
 * what `check` throws.
 */
export async function readThrough(
  socket: Pick<PullSocket, 'peek' | 'skip'>,
  options: ReadThroughOptions,
): Promise<string | undefined> {
  const { end, mostBytes, silenceMs, check, tooLong } = options;
  let text = '';
  for (;;) {
    const came = await socket.peek(silenceMs);
    if (came.length === 0) return undefined;
    const before = text.length;
    text += Buffer.from(came.buffer, came.byteOffset, came.length).toString('latin1');
    const at = text.indexOf(end, Math.max(0, before - end.length + 1));
    const found = at < 0 ? text.length : at + end.length;
    if (found > mostBytes) throw tooLong();
    socket.skip(found - before);
    if (at >= 0) return text.slice(0, found);
    check?.(text);
  }
}
