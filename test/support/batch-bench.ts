import { createHash } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { BatchEvent, BatchReport, BatchRequest, Local, LocalOptions, Outcome } from '../../lib/index.ts';
import { openLocal } from '../../lib/index.ts';
import type { Ended } from './cli-process.ts';
import { startCli } from './cli-process.ts';
import type { Origin } from './origin.ts';
import { startOrigin } from './origin.ts';
import { outcomesIn } from './outcomes.ts';

/** A source, a folder, and what brings lists from the one into the other. */
export interface BatchBench extends AsyncDisposable {
  readonly folder: string;
  readonly origin: Origin;
  readonly piecework: Local;
  readonly events: readonly BatchEvent[];
  /** Under the destination. */
  out(...names: string[]): string;
  listFile(lines: readonly string[], name?: string): Promise<string>;
  bring(from: string, more?: Partial<BatchRequest>, signal?: AbortSignal): Promise<BatchReport>;
  /** As another process with the same state. */
  open(): Local;
  /** The real command, in the folder. */
  run(...args: readonly string[]): Promise<Ended>;
  /** Requests at the source since the last time that this was asked. */
  asked(): number;
}

export async function batchBench(options: LocalOptions = {}): Promise<BatchBench> {
  const folder = await mkdtemp(join(tmpdir(), 'piecework-batch-'));
  const origin = await startOrigin();
  const events: BatchEvent[] = [];
  const open = () => openLocal({ stateDir: join(folder, 'state'), backoff: { baseMs: 1, capMs: 2 }, ...options });
  const piecework = open();
  const out = (...names: string[]) => join(folder, 'out', ...names);
  const onEvent = (event: BatchEvent) => void events.push(event);
  let askedBefore = 0;
  return {
    folder,
    origin,
    piecework,
    events,
    out,
    async listFile(lines, name = 'list.txt') {
      const path = join(folder, name);
      await writeFile(path, `${lines.join('\n')}\n`);
      return path;
    },
    bring: (from, more = {}, signal = undefined) =>
      piecework.batch({ list: { from }, destination: out(), onEvent, ...more }, signal),
    open,
    run: (...args) => startCli(args, { cwd: folder }).ended,
    asked() {
      const asked = origin.requests.length - askedBefore;
      askedBefore = origin.requests.length;
      return asked;
    },
    async [Symbol.asyncDispose]() {
      await piecework[Symbol.asyncDispose]();
      await origin[Symbol.asyncDispose]();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** Stops a batch once so many of its entries have an outcome. */
export function stopAfter(count: number): { readonly signal: AbortSignal; onEvent(event: BatchEvent): void } {
  const stop = new AbortController();
  let outcomes = 0;
  return {
    signal: stop.signal,
    onEvent({ type }) {
      if (type === 'batch.outcome') outcomes += 1;
      if (outcomes === count) stop.abort();
    },
  };
}

export async function reported({ report = '' }: Pick<BatchReport, 'report'>): Promise<readonly Outcome[]> {
  return outcomesIn(await readFile(report, 'utf8'));
}

export function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}
