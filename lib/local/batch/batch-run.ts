import type { Outcome } from '../../transfer/batch/outcome.ts';
import type { BatchEvent, BatchReport, BatchRequest, BatchRun } from './api.ts';

type Listener = (event: BatchEvent) => void;

/** A batch that is under way, whose outcomes can be read as they come. */
export function batchRun(request: BatchRequest, start: (request: BatchRequest) => Promise<BatchReport>): BatchRun {
  const listeners = new Set<Listener>();
  const report = start({
    ...request,
    onEvent(event) {
      request.onEvent?.(event);
      for (const listener of listeners) listener(event);
    },
  });
  return Object.assign(report, { [Symbol.asyncIterator]: () => outcomesOf(report, listeners) });
}

/** Those that come from now on. Throws what ends the batch. */
function outcomesOf(report: Promise<BatchReport>, listeners: Set<Listener>): AsyncGenerator<Outcome, undefined> {
  const waiting: Outcome[] = [];
  let rouse = () => {};
  let isOver = false;
  const listen: Listener = (event) => {
    if (event.type !== 'batch.outcome') return;
    waiting.push(event.outcome);
    rouse();
  };
  const over = () => {
    isOver = true;
    rouse();
  };
  listeners.add(listen);
  report.then(over, over);
  async function* read(): AsyncGenerator<Outcome, undefined> {
    try {
      for (;;) {
        for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) yield next;
        if (isOver) break;
        await new Promise<void>((resolve) => {
          rouse = resolve;
        });
      }
      await report;
    } finally {
      listeners.delete(listen);
    }
  }
  return read();
}
