/** One server-sent event, as it was read from a socket. */
export interface ReadEvent {
  readonly id?: string;
  readonly event?: string;
  readonly data?: Record<string, unknown>;
}

/** A reader of `GET /v1/events`. */
export interface EventReader extends AsyncDisposable {
  /** All that was read so far, in order; comments are left out. */
  readonly all: readonly ReadEvent[];
  readonly lastId: string | undefined;
  /** Reads on until one fits, and returns it; one that was read before does not count. */
  until(fits: (event: ReadEvent) => boolean): Promise<ReadEvent>;
  /** Reads to the end of the stream. Rejects where it was cut. */
  ended(): Promise<void>;
  // Disposing cuts the connection.
}

export async function readEvents(
  url: string,
  token: string,
  headers: Readonly<Record<string, string>> = {},
): Promise<EventReader> {
  const cut = new AbortController();
  const answer = await fetch(url, { headers: { authorization: `Bearer ${token}`, ...headers }, signal: cut.signal });
  if (answer.status !== 200 || answer.body === null) throw new Error(`${answer.status}: ${await answer.text()}`);
  const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
  const all: ReadEvent[] = [];
  let text = '';
  let lastId: string | undefined;

  async function readOn(): Promise<boolean> {
    const { value, done } = await reader.read();
    if (done) return false;
    text += value;
    for (let end = text.indexOf('\n\n'); end >= 0; end = text.indexOf('\n\n')) {
      const event = parsed(text.slice(0, end));
      text = text.slice(end + 2);
      if (event === undefined) continue;
      lastId = event.id ?? lastId;
      all.push(event);
    }
    return true;
  }

  return {
    all,
    get lastId() {
      return lastId;
    },
    async until(fits) {
      for (let at = all.length; ; ) {
        for (; at < all.length; at += 1) {
          const event = all[at];
          if (event !== undefined && fits(event)) return event;
        }
        if (!(await readOn())) throw new Error(`the stream ended after ${JSON.stringify(all)}`);
      }
    },
    async ended() {
      while (await readOn());
    },
    async [Symbol.asyncDispose]() {
      cut.abort();
      await reader.cancel().catch(() => {});
    },
  };
}

function parsed(block: string): ReadEvent | undefined {
  const fields = block.split('\n').flatMap((line) => {
    const [, name = '', value = ''] = /^([a-z]+): ?(.*)$/s.exec(line) ?? [];
    return name === '' ? [] : [[name, name === 'data' ? JSON.parse(value) : value]];
  });
  return fields.length === 0 ? undefined : (Object.fromEntries(fields) as ReadEvent);
}
