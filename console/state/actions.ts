import { call, Problem } from '../api/call.ts';
import type { ShownBatch, ShownTransfer } from '../api/shapes.ts';
import { toast } from '../parts/toasts.tsx';
import { count } from '../words/format.ts';
import { hearBatch, hearTransfer } from './items.ts';
import { refreshService } from './live.ts';
import type { Row } from './rows.ts';

/* What the buttons do. Each says what it came to. */

export type Verb = 'cancel' | 'retry' | 'pause' | 'resume';

const DONE: Readonly<Record<Verb, string>> = {
  cancel: 'cancelled',
  retry: 'started again',
  pause: 'paused',
  resume: 'going on',
};

export function mayDo(verb: Verb, { kind, isOver, paused, status, tone }: Row, hasPause: boolean): boolean {
  switch (verb) {
    case 'cancel':
      return !isOver;
    case 'retry':
      return kind === 'batch' ? isOver && (tone !== 'done' || status !== 'completed') : status === 'failed';
    case 'pause':
      return hasPause && !isOver && !paused;
    case 'resume':
      return hasPause && !isOver && paused;
  }
}

/** On several, a few at a time. One that is refused stops none of the others. */
export async function doToAll(verb: Verb, targets: readonly Pick<Row, 'kind' | 'id' | 'name'>[]): Promise<void> {
  const refused: string[] = [];
  const left = [...targets];
  await Promise.all(
    Array.from({ length: Math.min(6, targets.length) }, async () => {
      for (let one = left.shift(); one !== undefined; one = left.shift()) {
        try {
          await doTo(verb, one);
        } catch (thrown) {
          refused.push(`${one.name}: ${messageOf(thrown)}`);
        }
      }
    }),
  );
  const [first] = targets;
  const done = targets.length - refused.length;
  if (done > 0) {
    const what =
      targets.length === 1 && first !== undefined ? first.name : `${done} of ${count(targets.length, 'item')}`;
    toast('done', `${what}: ${DONE[verb]}.`);
  }
  if (refused.length > 0)
    toast(
      'failed',
      refused.length === 1 ? (refused[0] ?? '') : `${refused.length} were refused. The first: ${refused[0]}`,
    );
}

async function doTo(verb: Verb, { kind, id }: Pick<Row, 'kind' | 'id'>, body?: unknown): Promise<void> {
  const path = `/v1/${kind === 'batch' ? 'batches' : 'transfers'}/${id}/${verb}`;
  if (kind === 'batch') hearBatch(await call<ShownBatch>('POST', path, { body }));
  else hearTransfer(await call<ShownTransfer>('POST', path, { body }));
}

/** With a new link: a signed one has expired, or a secret was not stored. */
export async function retryWithLink(id: string, url: string): Promise<void> {
  await attempt('It goes on with the new link.', () =>
    doTo('retry', { kind: 'transfer', id }, { source: { url: url.trim() } }),
  );
}

/** Among those of its kind and priority that wait. */
export async function reorder({ kind, id }: Pick<Row, 'kind' | 'id'>, position: 'first' | 'last'): Promise<void> {
  await attempt('Its place in the queue is changed.', async () => {
    const body = { position };
    if (kind === 'batch') hearBatch(await call<ShownBatch>('PATCH', `/v1/batches/${id}`, { body }));
    else hearTransfer(await call<ShownTransfer>('PATCH', `/v1/transfers/${id}`, { body }));
  });
}

export async function pauseService(verb: 'pause' | 'resume'): Promise<void> {
  await attempt(verb === 'pause' ? 'Everything is paused.' : 'Everything goes on.', async () => {
    await call('POST', `/v1/service/${verb}`);
    await refreshService();
  });
}

/** @returns why they were refused, which is shown beside them */
export async function changeLimits(change: Readonly<Record<string, unknown>>): Promise<string | undefined> {
  try {
    await call('PATCH', '/v1/service', { body: change });
  } catch (thrown) {
    return messageOf(thrown).replace(/^#\/\w+: /, '');
  }
  await refreshService();
  toast('done', 'The limits are changed.');
  return undefined;
}

async function attempt(said: string, action: () => Promise<void>): Promise<void> {
  try {
    await action();
    toast('done', said);
  } catch (thrown) {
    toast('failed', messageOf(thrown));
  }
}

export function messageOf(thrown: unknown): string {
  if (!(thrown instanceof Problem)) return 'this page has a problem of its own; reload it';
  return thrown.status === 0 ? 'the server does not answer; try again when it does' : thrown.message;
}
