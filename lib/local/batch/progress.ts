import { PieceworkError } from '../../errors/error.ts';
import type { BatchView } from '../../pipeline/requests/batches/batch-view.ts';
import type { BatchRecord } from '../../transfer/batch/batch-record.ts';
import type { Counters, FailureGroup, Outcome } from '../../transfer/batch/outcome.ts';
import { counted, grouped, NO_OUTCOMES } from '../../transfer/batch/outcome.ts';
import { hasTooManyFailures } from '../../transfer/batch/stop-rules.ts';
import { byFrequency } from '../../transfer/batch/sums.ts';
import type { Clock } from '../../values/time.ts';
import { formatDuration } from '../../values/units.ts';
import type { BatchEvent, BatchRequestOptions } from './api.ts';
import type { OpenedList } from './list/open-list.ts';

/** Sums over the outcomes as they come, and the rules that end a batch early. */
export class Progress {
  readonly #onEvent: (event: BatchEvent) => void;
  #counters: Counters = NO_OUTCOMES;
  #failures: readonly FailureGroup[] = [];
  #check: () => void = () => {};

  constructor(onEvent: (event: BatchEvent) => void = () => {}) {
    this.#onEvent = onEvent;
  }

  listed({ id, list }: BatchRecord, { because, notes }: Pick<OpenedList, 'because' | 'notes'>, goesOn: boolean): void {
    const { entries, format } = list;
    this.#onEvent({ type: 'batch.listed', batchId: id, entries, format, because, goesOn, notes: notes() });
  }

  started(entry: number, name: string): void {
    this.#onEvent({ type: 'batch.started', entry, name });
  }

  outcome(outcome: Outcome, isKnown: boolean): void {
    this.#counters = counted(this.#counters, outcome);
    this.#failures = grouped(this.#failures, outcome);
    this.#onEvent({ type: 'batch.outcome', outcome, isKnown });
    this.#check();
  }

  /** Stops what `stopping` stops when a rule says so; until it is disposed of. */
  watch(
    { maxFailures, maxDurationMs }: Pick<BatchRequestOptions, 'maxFailures' | 'maxDurationMs'>,
    stopping: AbortController,
    clock: Clock,
  ): Disposable {
    this.#check = () => {
      if (hasTooManyFailures(this.#counters, maxFailures)) stopping.abort(tooManyFailures(this.#counters));
    };
    const watching = new AbortController();
    if (maxDurationMs !== undefined) {
      const late = () => stopping.abort(tooLong(maxDurationMs));
      clock.sleep(maxDurationMs, watching.signal).then(late, () => {});
    }
    return {
      [Symbol.dispose]: () => {
        this.#check = () => {};
        watching.abort();
      },
    };
  }

  /** Of a batch that came to its end by itself: it has seen all outcomes. */
  sums(): BatchView {
    return { counters: this.#counters, failures: byFrequency(this.#failures) };
  }
}

function tooManyFailures({ failed }: Counters): PieceworkError {
  return new PieceworkError(
    'TooManyFailures',
    `${failed} entries have failed, which is more than --max-failures allows; what was not begun is cancelled`,
  );
}

function tooLong(ms: number): PieceworkError {
  return new PieceworkError(
    'DeadlineExceeded',
    `the batch ran for ${formatDuration(ms)}, as long as --max-duration allows; what was not brought is cancelled`,
  );
}
