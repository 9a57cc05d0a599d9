import { asPieceworkError, PieceworkError, toErrorRecord } from '../../errors/error.ts';
import { shownUrl } from '../../errors/secret-url-path.ts';
import type { Probe } from '../../sources/source.ts';
import type { SourceLocator } from '../../transfer/locators.ts';
import { ofPatience } from '../../transfer/patience.ts';
import { backoffMs, waitMs } from '../../transfer/retry.ts';
import type { Ports } from '../shared/ports.ts';

export interface Patience {
  /** Failures that are borne before the last one is thrown; waiting (429, 503) is no failure. */
  readonly maxFailures: number;
  /** From the first try on. */
  readonly deadlineMs: number;
  /** For what the source gives nothing. @default the home's */
  readonly maxWaitMs?: number;
}

/** A probe that is repeated by the same table and arithmetic as a piece: for a home that looks before it submits. */
export async function probePatiently(
  ports: Pick<Ports, 'sources' | 'events' | 'clock' | 'policy'>,
  from: SourceLocator,
  firstBytes: number,
  patience: Patience,
  signal: AbortSignal,
): Promise<Probe> {
  const startedAt = ports.clock.now();
  for (let failures = 0, waits = 0; ; ) {
    try {
      return await ports.sources(from.url).probe(from, firstBytes, { signal });
    } catch (thrown) {
      signal.throwIfAborted();
      const error = asPieceworkError(thrown);
      if (error.reaction === 'wait') waits += 1;
      else failures += 1;
      const mayPass =
        error.reaction === 'wait' ||
        (error.reaction === 'retry' && failures < patience.maxFailures && !isUnknownName(error));
      const delayMs = delayAfter(error, failures, waits, from.url, ports);
      const waitedMs = ports.clock.now() - startedAt;
      if (!mayPass || waitedMs + delayMs >= patience.deadlineMs) throw error;
      const maxWaitMs = patience.maxWaitMs ?? ports.policy.decide.maxWaitMs ?? Number.POSITIVE_INFINITY;
      if (waitedMs + delayMs > maxWaitMs)
        throw new PieceworkError(error.code, `${error.message}${ofPatience(waitedMs, delayMs, maxWaitMs)}`, error);
      await ports.events.emit({
        type: 'probe.retrying',
        source: shownUrl(from),
        reason: toErrorRecord(error),
        delayMs,
      });
      await ports.clock.sleep(delayMs, signal);
    }
  }
}

/** At first contact a name that does not exist is a misspelling; only later is it a network that went away. */
function isUnknownName(error: PieceworkError): boolean {
  return error.code === 'SourceNotResolved' && error.details.reason !== 'EAI_AGAIN';
}

function delayAfter(
  error: PieceworkError,
  failures: number,
  waits: number,
  seed: string,
  ports: Pick<Ports, 'policy'>,
): number {
  const { backoff } = ports.policy.decide;
  return error.reaction === 'wait'
    ? waitMs(waits, `${seed}/${waits}`, error.details.retryAfterMs, backoff)
    : backoffMs(failures, `${seed}/${failures}`, backoff);
}
