import { useEffect, useRef, useState } from 'preact/hooks';
import { call, Problem } from '../api/call.ts';
import { serverNow } from '../api/clock.ts';
import type { ShownDetail } from '../api/shapes.ts';
import type { Sample } from '../draw/chart.tsx';
import { ENDED } from '../words/status.ts';
import { focus, link, piecesNews, transferNews } from './live.ts';
import { useStore } from './store.ts';

/** One transfer as it stands, and its rate since it was first looked at. */
interface Looked {
  readonly detail: ShownDetail | undefined;
  readonly samples: readonly Sample[];
  /** Why it can't be shown. */
  readonly problem: Problem | undefined;
  look(): void;
}

const MOST_SAMPLES = 600;
/** Of each transfer that was looked at. */
const remembered = new Map<string, Sample[]>();

export function useDetail(id: string): Looked {
  const [detail, setDetail] = useState<ShownDetail>();
  const [problem, setProblem] = useState<Problem>();
  const { phase } = useStore(link);
  const pieces = useStore(piecesNews);
  const news = useStore(transferNews);
  const lookNow = useRef<() => void>(() => undefined);

  useEffect(() => {
    focus(id);
    return () => focus(undefined);
  }, [id]);

  // Read at once, and again whenever something is known to have changed; where no news come, every two seconds.
  useEffect(() => {
    const stop = new AbortController();
    let timer: ReturnType<typeof setTimeout> | undefined;
    const look = async () => {
      clearTimeout(timer);
      try {
        const found = await call<ShownDetail>('GET', `/v1/transfers/${id}`, { signal: stop.signal });
        setDetail(found);
        setProblem(undefined);
        sample(id, found.progress.bytesPerSecond, found.status);
        if (ENDED.has(found.status)) return;
      } catch (thrown) {
        if (stop.signal.aborted) return;
        if (thrown instanceof Problem && thrown.status > 0) setProblem(thrown);
      }
      timer = setTimeout(() => void look(), phase === 'live' ? 5_000 : 2_000);
    };
    lookNow.current = () => void look();
    void look();
    return () => {
      stop.abort();
      clearTimeout(timer);
    };
  }, [id, phase]);
  useEffect(() => {
    if (pieces?.id !== id) return;
    setDetail((before) => (before === undefined ? undefined : withPieces(before, pieces)));
    sample(id, pieces.bytesPerSecond, 'transferring');
  }, [pieces]);
  useEffect(() => {
    if (news?.id !== id || detail === undefined) return;
    if (
      news.status !== detail.status ||
      news.run !== detail.run ||
      (news.plan === undefined) !== (detail.plan === undefined)
    )
      lookNow.current();
    else setDetail({ ...detail, ...news, progress: news.progress ?? detail.progress });
  }, [news]);

  return { detail, problem, samples: remembered.get(id) ?? [], look: () => lookNow.current() };
}

function withPieces(detail: ShownDetail, news: NonNullable<ReturnType<typeof piecesNews.get>>): ShownDetail {
  const before = detail.pieces;
  if (before === undefined) return detail;
  const doneRanges = news.doneRanges ?? before.doneRanges;
  const doneCount = doneRanges.reduce((sum, [first, last]) => sum + last - first + 1, 0);
  const inFlight = news.inFlight ?? before.inFlight;
  const trouble = news.trouble ?? before.trouble;
  return {
    ...detail,
    pieces: {
      ...before,
      doneRanges,
      doneCount,
      inFlight,
      trouble,
      inFlightCount: inFlight?.length ?? before.inFlightCount,
      troubleCount: trouble.length,
    },
  };
}

function sample(id: string, bytesPerSecond: number | undefined, status: string): void {
  if (bytesPerSecond === undefined || status !== 'transferring') return;
  const all = remembered.get(id) ?? [];
  const atMs = serverNow();
  if (atMs - (all.at(-1)?.atMs ?? 0) < 400) return;
  remembered.set(id, [...all.slice(1 - MOST_SAMPLES), { atMs, bytesPerSecond }]);
}
