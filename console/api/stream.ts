import { open } from './call.ts';

/** One server-sent event. */
export interface ServerEvent {
  readonly type: string;
  readonly data: unknown;
}

/** A server says something, if only a comment, every 15 s; one that is silent for longer is gone. */
const SILENCE_MS = 40_000;

/**
 * Server-sent events, read with `fetch`: the browser's own reader can't send the token.
 * @param last is set to the id of the last event, with which the next stream goes on
 * @throws Problem when it can't be opened; returns when it ends
 */
export async function stream(
  path: string,
  last: { id: string | undefined },
  signal: AbortSignal,
  on: { open(): void; event(event: ServerEvent): void },
): Promise<void> {
  const silence = new AbortController();
  const answer = await open(path, {
    signal: AbortSignal.any([signal, silence.signal]),
    headers: { accept: 'text/event-stream', ...(last.id === undefined ? {} : { 'last-event-id': last.id }) },
  });
  if (answer.body === null) return;
  on.open();
  const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
  let timer = setTimeout(() => silence.abort(), SILENCE_MS);
  let text = '';
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      clearTimeout(timer);
      timer = setTimeout(() => silence.abort(), SILENCE_MS);
      text += value.replaceAll('\r', '');
      for (let end = text.indexOf('\n\n'); end >= 0; end = text.indexOf('\n\n')) {
        const event = parse(text.slice(0, end), last);
        text = text.slice(end + 2);
        if (event !== undefined) on.event(event);
      }
    }
  } finally {
    clearTimeout(timer);
    reader.cancel().catch(() => undefined);
  }
}

function parse(block: string, last: { id: string | undefined }): ServerEvent | undefined {
  let type = 'message';
  const data: string[] = [];
  for (const line of block.split('\n')) {
    const at = line.indexOf(':');
    if (at <= 0) continue;
    const value = line.slice(at + 1).replace(/^ /, '');
    const field = line.slice(0, at);
    if (field === 'event') type = value;
    else if (field === 'data') data.push(value);
    else if (field === 'id') last.id = value;
  }
  if (data.length === 0) return type === 'reset' ? { type, data: undefined } : undefined;
  try {
    return { type, data: JSON.parse(data.join('\n')) };
  } catch {
    return { type, data: undefined };
  }
}
