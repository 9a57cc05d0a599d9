import { expect, it } from 'vitest';
import { PieceworkError } from '../../lib/errors/error.ts';
import type { BatchEvent, BatchReport } from '../../lib/local/batch/api.ts';
import { batchRun } from '../../lib/local/batch/batch-run.ts';
import type { Outcome } from '../../lib/transfer/batch/outcome.ts';

const outcome = (entry: number): Outcome => ({ entry, kind: 'done', name: `${entry}`, source: 'https://a.example/' });
const eventOf = (entry: number): BatchEvent => ({ type: 'batch.outcome', outcome: outcome(entry), isKnown: false });
const REPORT = { batchId: '01', entries: 3 } as BatchReport;

/** Gives its outcomes one by one, in turns of the event loop. */
function running(entries: readonly number[], end: () => BatchReport, onEvent?: (event: BatchEvent) => void) {
  return batchRun({ destination: '/', ...(onEvent === undefined ? {} : { onEvent }) }, async (request) => {
    for (const entry of entries) {
      await new Promise((resolve) => setImmediate(resolve));
      request.onEvent?.(eventOf(entry));
    }
    return end();
  });
}

it('gives the outcomes as they come, and then its report', async () => {
  const events: BatchEvent[] = [];
  const run = running(
    [1, 2, 3],
    () => REPORT,
    (event) => events.push(event),
  );
  const entries: number[] = [];
  for await (const { entry } of run) entries.push(entry);
  expect(entries).toEqual([1, 2, 3]);
  expect(await run).toBe(REPORT);
  expect(events).toEqual([1, 2, 3].map(eventOf));
});

it('gives none twice and loses none to a slow reader', async () => {
  const entries: number[] = [];
  for await (const { entry } of running([1, 2, 3], () => REPORT)) {
    entries.push(entry);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  expect(entries).toEqual([1, 2, 3]);
});

it('throws what ends it, after what had come', async () => {
  const entries: number[] = [];
  const run = running([1], () => {
    throw new PieceworkError('Interrupted', 'stopped');
  });
  const reading = (async () => {
    for await (const { entry } of run) entries.push(entry);
  })();
  await expect(reading).rejects.toMatchObject({ code: 'Interrupted' });
  expect(entries).toEqual([1]);
});

it('goes on where its reader leaves', async () => {
  const run = running([1, 2, 3], () => REPORT);
  for await (const _ of run) break;
  expect(await run).toBe(REPORT);
});
