import { useEffect, useRef, useState } from 'preact/hooks';
import { Problem } from '../api/call.ts';

/** One look. Resolves to whether it was the last one that is needed. */
export type Look = (signal: AbortSignal) => Promise<boolean>;

interface Looking {
  /** Why the last look failed. An answer that did not come is none. */
  readonly problem: Problem | undefined;
  look(): void;
}

/**
 * Looks at once, again after a while until it is over, and whenever it is asked to. It begins anew when one of the
 * keys changes.
 */
export function useLooking(keys: readonly unknown[], everyMs: number, begin: () => Look): Looking {
  const [problem, setProblem] = useState<Problem>();
  const lookNow = useRef<() => void>(() => undefined);
  useEffect(() => {
    const stop = new AbortController();
    let timer: ReturnType<typeof setTimeout> | undefined;
    const one = begin();
    const look = async () => {
      clearTimeout(timer);
      try {
        const isOver = await one(stop.signal);
        setProblem(undefined);
        if (isOver) return;
      } catch (thrown) {
        if (stop.signal.aborted) return;
        if (thrown instanceof Problem && thrown.status > 0) setProblem(thrown);
      }
      timer = setTimeout(() => void look(), everyMs);
    };
    lookNow.current = () => void look();
    void look();
    return () => {
      stop.abort();
      clearTimeout(timer);
    };
  }, keys);
  return { problem, look: () => lookNow.current() };
}
