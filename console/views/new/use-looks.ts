import { useEffect, useRef, useState } from 'preact/hooks';
import type { DryRun } from '../../api/shapes.ts';
import { messageOf } from '../../state/actions.ts';
import { dryRun } from './submit.ts';

export type Found = { readonly dryRun: DryRun } | { readonly refused: string };

interface Looks {
  readonly found: ReadonlyMap<string, Found>;
  readonly isBusy: boolean;
  /** All that are given were asked. */
  readonly isDone: boolean;
  look(): void;
}

/** Sources asked at a time. */
const AT_ONCE = 4;
/** Of a long list a few say enough. */
const MOST = 40;

export function useLooks(urls: readonly string[], destination: string, ifExists: string): Looks {
  const [found, setFound] = useState<ReadonlyMap<string, Found>>(new Map());
  const [isBusy, setBusy] = useState(false);
  const stop = useRef(new AbortController());
  // Another place is another answer.
  useEffect(() => {
    setFound(new Map());
    return () => stop.current.abort();
  }, [destination, ifExists]);

  async function look(): Promise<void> {
    stop.current.abort();
    const mine = new AbortController();
    stop.current = mine;
    setBusy(true);
    const left = urls.slice(0, MOST);
    const answers = new Map<string, Found>();
    const one = async (url: string): Promise<Found> => {
      try {
        return { dryRun: await dryRun({ url, destination, ifExists }, mine.signal) };
      } catch (thrown) {
        return { refused: messageOf(thrown) };
      }
    };
    await Promise.all(
      Array.from({ length: AT_ONCE }, async () => {
        for (let url = left.shift(); url !== undefined && !mine.signal.aborted; url = left.shift()) {
          answers.set(url, await one(url));
          if (!mine.signal.aborted) setFound(new Map(answers));
        }
      }),
    );
    if (stop.current === mine) setBusy(false);
  }

  const isDone = urls.length > 0 && urls.slice(0, MOST).every((url) => found.has(url));
  return { found, isBusy, isDone, look: () => void look() };
}
