import { useEffect, useRef, useState } from 'preact/hooks';
import { call, Problem } from '../api/call.ts';
import type { Outcome, OutcomePage, ShownBatchDetail } from '../api/shapes.ts';
import { ENDED } from '../words/status.ts';
import { batchNews, link } from './live.ts';
import { useStore } from './store.ts';

/** Outcomes that are drawn; the report has all. */
const MOST_OUTCOMES = 20_000;
const EVERY_MS = 2_500;

export function useBatch(id: string) {
  const [batch, setBatch] = useState<ShownBatchDetail>();
  const [outcomes, setOutcomes] = useState<ReadonlyMap<number, Outcome>>(new Map());
  const [problem, setProblem] = useState<Problem>();
  const { phase } = useStore(link);
  const news = useStore(batchNews);
  const lookNow = useRef<() => void>(() => undefined);

  useEffect(() => {
    const stop = new AbortController();
    let timer: ReturnType<typeof setTimeout> | undefined;
    let over = '';
    const look = async () => {
      clearTimeout(timer);
      try {
        const found = await call<ShownBatchDetail>('GET', `/v1/batches/${id}`, { signal: stop.signal });
        setBatch(found);
        setProblem(undefined);
        // Outcomes are many: they are read when there are others.
        const now = JSON.stringify([found.run, found.status, found.counters]);
        if (now !== over) setOutcomes(await outcomesOf(id, stop.signal));
        over = now;
        if (ENDED.has(found.status)) return;
      } catch (thrown) {
        if (stop.signal.aborted) return;
        if (thrown instanceof Problem && thrown.status > 0) setProblem(thrown);
      }
      timer = setTimeout(() => void look(), EVERY_MS);
    };
    lookNow.current = () => void look();
    void look();
    return () => {
      stop.abort();
      clearTimeout(timer);
    };
  }, [id, phase]);
  useEffect(() => {
    if (news?.id === id && (news.status !== batch?.status || news.run !== batch?.run)) lookNow.current();
  }, [news]);

  return { batch, outcomes, problem, look: () => lookNow.current() };
}

async function outcomesOf(id: string, signal: AbortSignal): Promise<ReadonlyMap<number, Outcome>> {
  const found = new Map<number, Outcome>();
  let cursor: string | undefined;
  do {
    const page: OutcomePage = await call('GET', `/v1/batches/${id}/outcomes`, {
      query: { limit: 1000, cursor },
      signal,
    });
    for (const outcome of page.outcomes) found.set(outcome.entry, outcome);
    cursor = page.nextCursor;
  } while (cursor !== undefined && found.size < MOST_OUTCOMES);
  return found;
}
