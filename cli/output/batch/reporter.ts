import type { BatchEvent, Counters, PieceworkEvent } from '../../../lib/index.ts';
import { counted, NO_OUTCOMES, total as totalOf } from '../../../lib/transfer/batch/outcome.ts';
import { formatBytes, formatDuration } from '../../../lib/values/units.ts';
import type { Context } from '../../context.ts';
import type { Settings } from '../../options/table.ts';
import { writeLine } from '../lines.ts';
import { isTerminal } from '../paint.ts';
import { writeJson } from '../reporters/json-reporter.ts';
import { LiveArea } from '../reporters/live-area.ts';

/** Shows a batch while it runs: a line with the totals, and each failure as it comes. */
export interface BatchReporter extends Disposable {
  batchEvent(event: BatchEvent): void;
  /** Of the transfers that large entries are. */
  event(event: PieceworkEvent): void;
}

type Listed = Extract<BatchEvent, { readonly type: 'batch.listed' }>;
type Came = Extract<BatchEvent, { readonly type: 'batch.outcome' }>;

const DRAW_EVERY_MS = 200;
const PLAIN_EVERY_MS = 5_000;
/** Failures that are shown as they come; the rest is in the summary. */
const MOST_FAILURES = 20;

export function batchReporter(context: Context, settings: Settings): BatchReporter {
  const { stderr, stdout, now, every } = context;
  const isSilent = settings.quiet === true || settings.json === true;
  const live = isSilent ? undefined : isTerminal(stderr, context.environment);
  const area = live === true ? new LiveArea(stderr) : undefined;
  let total = 0;
  let shown = 0;
  let startedAt = now();
  let counters: Counters = NO_OUTCOMES;
  let known = 0;
  let last = '';

  function say(line: string): void {
    if (area === undefined) writeLine(stderr, line);
    else area.above(line);
  }

  function draw(): void {
    if (total === 0) return;
    const line = progressLine({ total, known, counters, elapsedMs: now() - startedAt });
    if (area !== undefined) area.draw([line]);
    else if (line !== last) writeLine(stderr, line);
    last = line;
  }

  const ticker = live === undefined ? undefined : every(live ? DRAW_EVERY_MS : PLAIN_EVERY_MS, draw);

  function listed({ batchId, entries, format, because, goesOn, notes }: Listed): void {
    total = entries;
    startedAt = now();
    if (isSilent) return;
    for (const note of notes) say(`list: ${note}`);
    say(`batch ${batchId}: ${entries} entries (${format}, since ${because})${goesOn ? '; going on' : ''}`);
  }

  function came({ outcome, isKnown }: Came): void {
    const { kind, entry, name, error } = outcome;
    if (isKnown) known += 1;
    // What an earlier run brought says nothing of the speed of this one.
    counters = counted(counters, isKnown ? { ...outcome, sizeBytes: 0 } : outcome);
    if (kind !== 'failed' || isSilent) return;
    shown += 1;
    if (settings.verbose === true || shown <= MOST_FAILURES)
      say(`entry ${entry} ${name}: ${error?.message ?? 'failed'}`);
  }

  return {
    batchEvent(event) {
      if (settings.json === true) writeJson(stdout, event);
      if (event.type === 'batch.listed') listed(event);
      else came(event);
    },
    event(event) {
      if (event.type === 'warning' && !isSilent) say(`warning: ${event.message}`);
    },
    [Symbol.dispose]() {
      ticker?.[Symbol.dispose]();
      area?.clear();
    },
  };
}

function progressLine(of: {
  readonly total: number;
  readonly known: number;
  readonly counters: Counters;
  readonly elapsedMs: number;
}): string {
  const { total, known, counters, elapsedMs } = of;
  const { failed, bytes } = counters;
  const over = totalOf(counters);
  const seconds = Math.max(elapsedMs, 1) / 1000;
  const perSecond = (over - known) / seconds;
  const left = perSecond > 0 ? `, ${formatDuration(((total - over) / perSecond) * 1000)} left` : '';
  const wrong = failed === 0 ? '' : `, ${failed} failed`;
  return `${over} of ${total} entries${wrong}, ${formatBytes(bytes)}, ${perSecond.toFixed(1)}/s, ${formatBytes(bytes / seconds)}/s${left}`;
}
