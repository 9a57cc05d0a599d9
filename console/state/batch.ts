import { useEffect, useState } from 'preact/hooks';
import { call } from '../api/call.ts';
import { outcomePages } from '../api/outcomes.ts';
import type { Outcome, ShownBatchDetail } from '../api/shapes.ts';
import { ENDED } from '../words/status.ts';
import { batchNews, link } from './live.ts';
import { useLooking } from './looking.ts';
import { useStore } from './store.ts';

/** Outcomes that are drawn; the report has all. */
const MOST_OUTCOMES = 20_000;
const EVERY_MS = 2_500;

export function useBatch(id: string) {
  const [batch, setBatch] = useState<ShownBatchDetail>();
  const [outcomes, setOutcomes] = useState<ReadonlyMap<number, Outcome>>(new Map());
  const { phase } = useStore(link);
  const news = useStore(batchNews);
  const { problem, look } = useLooking([id, phase], EVERY_MS, () => {
    let over = '';
    return async (signal) => {
      const found = await call<ShownBatchDetail>('GET', `/v1/batches/${id}`, { signal });
      setBatch(found);
      // Outcomes are many: they are read when there are others.
      const now = JSON.stringify([found.run, found.status, found.counters]);
      if (now !== over) setOutcomes(await outcomesOf(id, signal));
      over = now;
      return ENDED.has(found.status);
    };
  });
  useEffect(() => {
    if (news?.id === id && (news.status !== batch?.status || news.run !== batch?.run)) look();
  }, [news]);

  return { batch, outcomes, problem, look };
}

async function outcomesOf(id: string, signal: AbortSignal): Promise<ReadonlyMap<number, Outcome>> {
  const found = new Map<number, Outcome>();
  for await (const page of outcomePages(id, signal)) {
    for (const outcome of page) found.set(outcome.entry, outcome);
    if (found.size >= MOST_OUTCOMES) break;
  }
  return found;
}
