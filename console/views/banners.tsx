import { offsetMs } from '../api/clock.ts';
import { Age, useNow } from '../parts/time.tsx';
import { link, service } from '../state/live.ts';
import { useStore } from '../state/store.ts';
import { seconds } from '../words/format.ts';

/** What stands between this page and the truth, and why nothing moves. */
export function Banners() {
  const { phase } = useStore(link);
  return (
    <>
      {phase === 'offline' ? <Offline /> : null}
      {phase === 'refused' ? <Refused /> : null}
      <Paused />
      <WrongClock />
    </>
  );
}

function Offline() {
  const { sinceMs, why } = useStore(link);
  const isOwn = useStore(service)?.home !== 'aws';
  useNow(1_000);
  return (
    <div class="banner" role="alert">
      <span>
        <strong>The server can’t be reached</strong> for {seconds((Date.now() - sinceMs) / 1000)} ({why}). What you see
        is how it stood then. This page finds back by itself
        {isOwn ? (
          <>
            ; transfers go on when the server is started again: <code>piecework serve</code>
          </>
        ) : (
          '; the transfers of the deployment go on meanwhile.'
        )}
      </span>
    </div>
  );
}

/** It answers, and not to this caller. */
function Refused() {
  const { why } = useStore(link);
  return (
    <div class="banner" role="alert">
      <span>
        <strong>You may not look here:</strong> {why}. Log in as somebody who may call this API, or ask its operator for
        the right, and start <code>piecework console</code> again.
      </span>
    </div>
  );
}

/** A queue that does not move is not stuck. */
function Paused() {
  const now = useNow(30_000);
  const found = useStore(service);
  if (found?.paused !== true) return null;
  const { home, pausedSince, pausedBecause } = found;
  if (home !== 'aws')
    return (
      <div class="banner" role="status">
        <span>
          <strong>Everything is paused.</strong> Nothing more is fetched until it is resumed.
        </span>
      </div>
    );
  return (
    <div class="banner" role="status">
      <span>
        <strong>This deployment is paused</strong>
        {pausedSince === undefined ? null : (
          <>
            {' '}
            for <Age iso={pausedSince} now={now} />
          </>
        )}
        {pausedBecause === undefined ? '.' : `: ${pausedBecause}.`} What is submitted is kept and waits; its operator
        lets it go on: <code>piecework ops resume</code>
      </span>
    </div>
  );
}

function WrongClock() {
  const offset = useStore(offsetMs);
  if (Math.abs(offset) <= 120_000) return null;
  return (
    <div class="banner" role="status">
      <span>
        This computer’s clock is {seconds(Math.abs(offset) / 1000)} {offset > 0 ? 'behind' : 'ahead of'} the server’s.
        Ages and times left here are by the server’s.
      </span>
    </div>
  );
}
