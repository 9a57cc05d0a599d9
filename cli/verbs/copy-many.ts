import { statSync } from 'node:fs';
import { PieceworkError } from '../../lib/errors/error.ts';
import { redactUrl } from '../../lib/errors/redact.ts';
import type { BatchEvent, BatchRequest } from '../../lib/index.ts';
import { describeIn } from '../../lib/local/destinations/kinds.ts';
import { isThere } from '../../lib/transfer/batch/outcome.ts';
import { stated } from '../../lib/values/stated.ts';
import { printableEscapes } from '../../lib/values/text/printable.ts';
import { flagOf } from '../options/option.ts';
import { copyRequest } from '../options/request.ts';
import type { SettingKey } from '../options/table.ts';
import { againCommand } from '../output/batch/again.ts';
import { serverToBring } from '../remote/server/here.ts';
import type { VerbCall } from '../verb.ts';
import { showBatchPlan } from './batch-plan.ts';
import { followBatch } from './follow-batch.ts';

/** What is said of one file, and can't be meant of each of several. */
const OF_ONE: readonly SettingKey[] = [
  'expectSha256',
  'expectSha512',
  'expectSha1',
  'expectMd5',
  'expectCrc32',
  'expectSize',
  'restart',
];

/** `copy URL… DEST/`: several sources into one folder, as `cp` does. A small batch, without a report of its own. */
export async function copyMany(call: VerbCall): Promise<void> {
  const { context, settings } = call;
  const request = requestOf(call);
  if (settings.dryRun === true) return await showBatchPlan(call, request);
  const brought = new Map<number, string>();
  const note = (event: BatchEvent): void => {
    if (event.type !== 'batch.outcome' || !isThere(event.outcome)) return;
    brought.set(event.outcome.entry, printableEscapes(describeIn(request.destination, event.outcome.name)));
  };
  // In the order of the sources.
  const results = () => [...brought].sort(([a], [b]) => a - b).map(([, place]) => place);
  const { destination } = request;
  const words = { again: againCommand(call.commandLine), destination, of: 'sources' as const, results };
  const both = (onEvent: (event: BatchEvent) => void) => (event: BatchEvent) => {
    note(event);
    onEvent(event);
  };
  await using client = await serverToBring(call, ofLarge(request));
  if (client === undefined)
    return await followBatch(call, words, (local, onEvent) =>
      local.batch({ ...request, onEvent: both(onEvent) }, context.signal),
    );
  const { batchThere } = await import('../remote/server/batch-there.ts');
  const { manyRequest } = await import('../remote/server/many-request.ts');
  const asked = manyRequest(request, settings);
  await followBatch(call, words, (_, onEvent, reporter) =>
    batchThere(call, { client, reporter, onEvent: both(onEvent) }, asked),
  );
}

/** What a request of a batch has no room for. */
function ofLarge({ options: { large = {}, maxWaitMs } = {} }: BatchRequest): string | undefined {
  if (maxWaitMs !== undefined) return '--max-wait';
  const FLAGS = {
    pieceSizeBytes: '--piece-size',
    onSourceChange: '--on-source-change',
    serverSideCopy: '--server-side-copy',
    deadlineMs: '--deadline',
    holdMs: '--hold',
  } as const;
  const given = Object.entries(FLAGS).find(([key]) => large[key as keyof typeof FLAGS] !== undefined);
  return given?.[1];
}

function requestOf({ arguments: operands, settings }: VerbCall): BatchRequest {
  const sources = operands.slice(0, -1);
  const given = OF_ONE.find((key) => settings[key] !== undefined && settings[key] !== false);
  if (given !== undefined)
    throw new PieceworkError(
      'InvalidOption',
      `${flagOf(given)} is of one file, and ${sources.length} sources are given`,
    );
  const destination = folderOf(operands.at(-1) ?? '', sources.length);
  if (sources.includes('-'))
    throw new PieceworkError(
      'InvalidOption',
      'stdin (-) is one source by itself, and has no name for a file in a folder',
    );
  // What is said of one source holds for each.
  const { source, object, options = {} } = copyRequest('', destination, settings);
  const { url: _url, ...each } = source;
  const { expect: _expect, maxFailures, maxWaitMs, ifExists = 'replace', parallelism, strict, ...large } = options;
  return {
    entries: sources.map((url) => ({ sources: [copyRequest(url, undefined, settings).source.url] })),
    destination,
    source: each,
    report: false,
    options: stated({ ifExists, parallelism, maxAttempts: maxFailures, maxWaitMs, strict, large }),
    ...stated({ object }),
  };
}

/** @throws PieceworkError `InvalidDestination` where it can't hold several. */
function folderOf(written: string, count: number): string {
  const many = (what: string) =>
    new PieceworkError(
      'InvalidDestination',
      `${count} sources go into a folder or under s3://bucket/prefix/, and ${what}`,
    );
  if (written === '-') throw many('- is one stream');
  if (/^s3:/i.test(written)) {
    if (written.endsWith('/')) return written;
    throw many(`${redactUrl(written)} is one object: end it with a slash`);
  }
  if (/^[a-z][a-z0-9+.-]*:\/\//i.test(written)) {
    if (/^file:/i.test(written)) return written;
    throw many(`the last argument, ${redactUrl(written)}, is none: DEST is missing`);
  }
  if (/[/\\]$/.test(written)) return written;
  const there = statSync(written, { throwIfNoEntry: false });
  if (there === undefined) throw many(`${written} is not there: end it with a slash to have it made`);
  if (!there.isDirectory()) throw many(`${written} is a file`);
  return written;
}
