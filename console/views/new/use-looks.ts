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

const NOTHING: ReadonlyMap<string, Found> = new Map();

export function useLooks(urls: readonly string[], destination: string, ifExists: string): Looks {
  // Another place is another answer. What was asked stands beside its answers, since nothing says in which order a
  // press of the button and an effect of what was typed before it come.
  const asked = `${destination}\n${ifExists}`;
  const [last, setLast] = useState({ asked, found: NOTHING });
  const [busyWith, setBusyWith] = useState<string>();
  const stop = useRef(new AbortController());
  useEffect(() => () => stop.current.abort(), []);

  async function look(): Promise<void> {
    stop.current.abort();
    const mine = new AbortController();
    stop.current = mine;
    setBusyWith(asked);
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
          if (!mine.signal.aborted) setLast({ asked, found: new Map(answers) });
        }
      }),
    );
    if (stop.current === mine) setBusyWith(undefined);
  }

  const found = last.asked === asked ? last.found : NOTHING;
  const isDone = urls.length > 0 && urls.slice(0, MOST).every((url) => found.has(url));
  return { found, isBusy: busyWith === asked, isDone, look: () => void look() };
}
