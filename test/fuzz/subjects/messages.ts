import { readFetcherTask, readFinalizerMessage, readPlannerMessage } from '../../../lib/queues/messages.ts';
import { mutatedJson } from '../inputs.ts';
import { refusing, subject } from '../subject.ts';

const PIECE = { kind: 'piece', v: 1, transferId: '01TRANSFER', planId: '01PLAN', pieceNumber: 1, attempt: 1 };
const RESULT = { ...PIECE, kind: 'result', outcome: 'failed', bytes: 10, elapsedMs: 5 };
const MESSAGES_OF_OURS = [
  { kind: 'plan', v: 1, transferId: '01TRANSFER' },
  { kind: 'finish', v: 1, transferId: '01TRANSFER' },
  { kind: 'tick', v: 1, transferId: '01TRANSFER' },
  PIECE,
  { ...RESULT, outcome: 'done' },
  { ...RESULT, error: { code: 'SourceBusy', message: 'busy', details: { target: 'https://h/', retryAfterMs: 5 } } },
  { kind: 'dead', v: 1, task: PIECE },
];

export const MESSAGES = subject({
  name: 'queue-messages',
  weight: 4,
  inputs: mutatedJson(MESSAGES_OF_OURS, [
    'kind',
    'plan',
    'tick',
    'result',
    'v',
    '../x',
    'transferId',
    'error',
    'details',
  ]),
  begin: () => (body) => {
    for (const read of [readPlannerMessage, readFetcherTask, readFinalizerMessage]) {
      const message = refusing<object>(() => read(body));
      // It becomes a path.
      const { transferId = 'x' } = (message ?? {}) as { transferId?: unknown };
      if (!/^[A-Za-z0-9_-]{1,64}$/.test(String(transferId))) throw new TypeError(`the id ${transferId}`);
    }
  },
});
