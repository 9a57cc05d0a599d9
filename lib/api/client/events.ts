import type { Asking } from './asking.ts';

/** One event of a machine: `transfer`, `batch`, `service`, `hosts`, `pieces`, `reset`. */
export interface ServerEvent {
  readonly type: string;
  /** What the path of the same name answers; of `pieces`, docs/api.md says it. */
  readonly data: unknown;
}

/**
 * Events as they come, until the server ends or the signal is aborted.
 * @throws PieceworkError as every request; `ApiUnreachable` where the connection breaks
 */
export async function* eventsOf(
  asking: Asking,
  { transferId, signal }: { readonly transferId?: string | undefined; readonly signal: AbortSignal | undefined },
): AsyncGenerator<ServerEvent> {
  const chunks = asking.stream({
    method: 'GET',
    path: '/v1/events',
    query: { transfer: transferId },
    headers: { accept: 'text/event-stream' },
    repeatable: true,
    signal,
  });
  let text = '';
  for await (const chunk of chunks) {
    text += chunk;
    for (let end = text.indexOf('\n\n'); end >= 0; end = text.indexOf('\n\n')) {
      const event = parse(text.slice(0, end));
      text = text.slice(end + 2);
      if (event !== undefined) yield event;
    }
  }
}

/** As our server writes them: one line of data. `undefined` = a comment, or an id alone. */
function parse(block: string): ServerEvent | undefined {
  const [, type] = /^event: (.+)$/m.exec(block) ?? [];
  const [, data = '{}'] = /^data: (.*)$/m.exec(block) ?? [];
  return type === undefined ? undefined : { type, data: JSON.parse(data) };
}
