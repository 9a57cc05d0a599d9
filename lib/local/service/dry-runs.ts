import type { DryRuns, Estimate } from '../../api/dry-run/dry-runs.ts';
import { PieceworkError } from '../../errors/error.ts';
import { shownUrl } from '../../errors/secret-url-path.ts';
import type { Plan } from '../../transfer/plan/plan.ts';
import { isServerSideCopy } from '../../transfer/plan/plan.ts';
import { stated } from '../../values/stated.ts';
import { lookIn } from '../copy/first-look.ts';
import { needsOf } from '../engine/engine.ts';
import { stopper } from '../engine/stopper.ts';
import type { Home } from '../home/home.ts';
import type { HostView } from '../live/host-view.ts';
import { planOf } from '../requests/plan.ts';
import { placeFor } from '../server/locate.ts';

/** Who asks waits for the answer. */
const PATIENCE_MS = 20_000;
const TRIES = 2;

/** What a transfer would come to, on this machine; it waits for no turn of those that run. */
export function localDryRuns(home: Home, hosts: Pick<HostView, 'connectionRate'>): DryRuns {
  return {
    locate: (asked, name) => placeFor(home.destinations, asked, name).to,
    async look({ source, destination, object, options }, asked, signal) {
      // Whether its folder is to be made says the destination as it was given: the name in it is known.
      const { makeFolder } = placeFor(home.destinations, asked, 'name');
      using late = stopper(signal);
      const timer = setTimeout(() => late.now(), PATIENCE_MS);
      try {
        const run = await home.engine.open(needsOf(destination, options, source.url));
        const written = { locate: () => destination, ...stated({ makeFolder }) };
        const patience = { maxFailures: TRIES, deadlineMs: PATIENCE_MS, maxWaitMs: PATIENCE_MS };
        await using first = await lookIn(run, { source, written, options, patience }, late.signal);
        const report = await planOf(first, { source, object, options }, late.signal);
        const isTaken = await home.locks.isHeld(destination);
        return {
          ...report,
          warnings: [...report.warnings, ...(isTaken ? [TAKEN] : [])],
          ...stated({ estimate: estimateOf(report.plan, hosts.connectionRate(source.url), home, options.parallelism) }),
        };
      } catch (error) {
        if (!late.signal.aborted || signal.aborted) throw error;
        throw new PieceworkError(
          'SourceTimeout',
          `${shownUrl(source)} has not said within ${PATIENCE_MS / 1000} s what it has; ask again, or submit it as it is`,
          { cause: error },
        );
      } finally {
        clearTimeout(timer);
      }
    },
  };
}

const TAKEN = 'another transfer is at work on this place: a submit is refused until it has ended';

/** At the speed of the connections that it would have, and within the limit that holds now. */
function estimateOf(
  plan: Plan,
  connectionRate: number | undefined,
  { limits }: Pick<Home, 'limits'>,
  parallelism: number,
): Estimate | undefined {
  if (connectionRate === undefined || plan.sizeBytes === undefined || isServerSideCopy(plan)) return undefined;
  const { connections, perHost, rateNowBytesPerSecond = Number.POSITIVE_INFINITY } = limits.look();
  const places = plan.mode === 'pieces' ? Math.min(parallelism, plan.pieceCount, perHost, connections) : 1;
  const bytesPerSecond = Math.max(1, Math.floor(Math.min(connectionRate * places, rateNowBytesPerSecond)));
  return { bytesPerSecond, seconds: Math.ceil(plan.sizeBytes / bytesPerSecond) };
}
