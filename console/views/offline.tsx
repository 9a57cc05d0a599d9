import { offsetMs } from '../api/clock.ts';
import { useNow } from '../parts/time.tsx';
import { link } from '../state/live.ts';
import { useStore } from '../state/store.ts';
import { seconds } from '../words/format.ts';

/** What stands between this page and the truth. */
export function OfflineBanner() {
  const { phase, sinceMs, why } = useStore(link);
  const offset = useStore(offsetMs);
  useNow(1_000);
  const isWrong = Math.abs(offset) > 120_000;
  return (
    <>
      {phase === 'offline' ? (
        <div class="banner" role="alert">
          <span>
            <strong>The server can’t be reached</strong> for {seconds((Date.now() - sinceMs) / 1000)} ({why}). What you
            see is how it stood then. This page finds back by itself; transfers go on when the server is started again:{' '}
            <code>piecework serve</code>
          </span>
        </div>
      ) : null}
      {isWrong ? (
        <div class="banner" role="status">
          <span>
            This computer’s clock is {seconds(Math.abs(offset) / 1000)} {offset > 0 ? 'behind' : 'ahead of'} the
            server’s. Ages and times left here are by the server’s.
          </span>
        </div>
      ) : null}
    </>
  );
}
