import type { BatchEvent, Counters, PieceworkEvent } from '../../../lib/index.ts';
import { counted, NO_OUTCOMES, total as totalOf } from '../../../lib/transfer/batch/outcome.ts';
import { printable } from '../../../lib/values/text/printable.ts';
import type { Context } from '../../context.ts';
import type { Settings } from '../../options/table.ts';
import { writeLine } from '../lines.ts';
import { isTerminal, paintFor } from '../paint.ts';
import { writeJson } from '../reporters/json-reporter.ts';
import { LiveArea } from '../reporters/live-area.ts';
import { count } from '../text.ts';
import { failureLine, totalLine } from './lines.ts';
import { Running } from './running.ts';

/** Shows a batch while it runs: what is under way, a line with the totals, and each failure as it comes. */
export interface BatchReporter extends Disposable {
  batchEvent(event: BatchEvent): void;
  /** Of the transfers that large entries are. */
  event(event: PieceworkEvent): void;
  /** Of a server, which counts by itself: in place of what comes of the outcomes. */
  counted(counters: Counters): void;
}

type Listed = Extract<BatchEvent, { readonly type: 'batch.listed' }>;
type Came = Extract<BatchEvent, { readonly type: 'batch.outcome' }>;

const DRAW_EVERY_MS = 200;
const PLAIN_EVERY_MS = 5_000;
/** Failures that are shown as they come; the rest is in the summary. */
const MOST_FAILURES = 20;
const MOST_RUNNING = 4;

export function batchReporter(context: Context, settings: Settings): BatchReporter {
  const { stderr, stdout, now, every } = context;
  const isSilent = settings.quiet === true || settings.json === true;
  const live = isSilent ? undefined : isTerminal(stderr, context.environment);
  const area = live === true ? new LiveArea(stderr) : undefined;
  const paint = paintFor(stderr, context.environment);
  const running = new Running(now);
  let total = 0;
  let shown = 0;
  let startedAt = now();
  let counters: Counters = NO_OUTCOMES;
  let known = 0;
  let isCounted = false;
  let last = '';

  function say(line: string): void {
    if (area === undefined) writeLine(stderr, line);
    else area.above(printable(line));
  }

  function draw(): void {
    if (total === 0) return;
    const progress = { total, known, counters, movingBytes: running.bytes, elapsedMs: now() - startedAt };
    if (area !== undefined) {
      const columns = (stderr.columns ?? 80) - 1;
      area.draw([...running.lines(MOST_RUNNING, columns), totalLine(progress, columns)]);
      return;
    }
    const line = totalLine(progress);
    if (line !== last) writeLine(stderr, line);
    last = line;
  }

  const ticker = live === undefined ? undefined : every(live ? DRAW_EVERY_MS : PLAIN_EVERY_MS, draw);

  function listed({ batchId, entries, format, because, goesOn, notes }: Listed): void {
    total = entries;
    startedAt = now();
    if (isSilent) return;
    for (const note of notes) say(`list: ${note}`);
    const how = format === 'entries' ? '' : ` (${format}, since ${because})`;
    say(`batch ${batchId}: ${count(entries, 'entry', 'entries')}${how}${goesOn ? '; going on' : ''}`);
  }

  function came({ outcome, isKnown }: Came): void {
    if (isKnown) known += 1;
    // What an earlier run brought says nothing of the speed of this one.
    if (!isCounted) counters = counted(counters, isKnown ? { ...outcome, sizeBytes: 0 } : outcome);
    if (outcome.kind !== 'failed' || isSilent) return;
    shown += 1;
    if (settings.verbose !== true && shown > MOST_FAILURES) return;
    const line = failureLine(outcome);
    if (area === undefined) writeLine(stderr, line);
    else area.above(`${paint('red', 'failed')} ${line}`);
  }

  return {
    batchEvent(event) {
      running.batchEvent(event);
      if (settings.json === true && (event.type !== 'batch.started' || settings.verbose === true))
        writeJson(stdout, event);
      if (event.type === 'batch.listed') listed(event);
      if (event.type === 'batch.outcome') came(event);
    },
    event(event) {
      running.event(event);
      if (event.type === 'warning' && !isSilent) say(`warning: ${event.message}`);
    },
    counted(now) {
      if (!isCounted) known = totalOf(now);
      isCounted = true;
      counters = now;
    },
    [Symbol.dispose]() {
      ticker?.[Symbol.dispose]();
      area?.clear();
    },
  };
}
