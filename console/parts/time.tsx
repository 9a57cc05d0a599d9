import { useEffect, useState } from 'preact/hooks';
import { offsetMs, serverNow } from '../api/clock.ts';
import { useStore } from '../state/store.ts';
import { age, moment } from '../words/format.ts';

/** The server's time, drawn again every so often. */
export function useNow(everyMs: number): number {
  const offset = useStore(offsetMs);
  const [now, setNow] = useState(serverNow());
  useEffect(() => {
    setNow(serverNow());
    const timer = setInterval(() => setNow(serverNow()), everyMs);
    return () => clearInterval(timer);
  }, [everyMs, offset]);
  return now;
}

/** How long ago, with the moment itself in the reader's zone. */
export function Age({ iso, now }: { readonly iso: string; readonly now: number }) {
  return (
    <time dateTime={iso} title={moment(iso)} class="number">
      {age(iso, now)}
    </time>
  );
}
