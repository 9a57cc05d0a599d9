import { useEffect, useState } from 'preact/hooks';
import type { Problem } from '../api/call.ts';
import { call } from '../api/call.ts';
import { serverNow } from '../api/clock.ts';
import type { ShownDetail } from '../api/shapes.ts';
import type { Sample } from '../draw/chart.tsx';
import { ENDED } from '../words/status.ts';
import { focus, link, piecesNews, transferNews } from './live.ts';
import { useLooking } from './looking.ts';
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
  const { phase } = useStore(link);
  const pieces = useStore(piecesNews);
  const news = useStore(transferNews);

  useEffect(() => {
    focus(id);
    return () => focus(undefined);
  }, [id]);

  // Whenever something is known to have changed; where no news come, every two seconds.
  const { problem, look } = useLooking([id, phase], phase === 'live' ? 5_000 : 2_000, () => async (signal) => {
    const found = await call<ShownDetail>('GET', `/v1/transfers/${id}`, { signal });
    setDetail(found);
    sample(id, found.progress.bytesPerSecond, found.status);
    return ENDED.has(found.status);
  });
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
      look();
    else setDetail({ ...detail, ...news, progress: news.progress ?? detail.progress });
  }, [news]);

  return { detail, problem, samples: remembered.get(id) ?? [], look };
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
