import { setInterval } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import type { Subject } from './subject.ts';
import { SUBJECTS, subjectOf } from './subjects.ts';
import type { Batch, BatchReport } from './worker.ts';

const STUCK_MS = 30_000;
const BATCH = 5_000;

export interface FuzzOptions {
  /** Over all subjects. */
  readonly inputs: number;
  readonly seed: number;
  /** One subject alone. */
  readonly only?: string;
  readonly path?: string;
  /** After so long without a step an input hangs. @default 30 s; all of them take milliseconds */
  readonly stuckMs?: number;
  readonly onSubject?: (name: string, inputs: number, elapsedMs: number) => void;
}

export interface Fault {
  readonly subject: string;
  readonly because: string;
  readonly input: string;
  /** Runs that input again. */
  readonly replay: string;
}

/** Every subject, one after the other, each in batches with seeds that follow from the first. */
export async function fuzz(options: FuzzOptions): Promise<readonly Fault[]> {
  const subjects = options.only === undefined ? SUBJECTS : [subjectOf(options.only)].filter((one) => one !== undefined);
  if (subjects.length === 0) throw new Error(`there is no subject ${options.only}; there are: ${namesOf(SUBJECTS)}`);
  const weights = subjects.reduce((sum, { weight = 1 }) => sum + weight, 0);
  const faults: Fault[] = [];
  await using thread = new FuzzThread(options.stuckMs ?? STUCK_MS);
  for (const subject of subjects) {
    const inputs = Math.max(1, Math.round((options.inputs * (subject.weight ?? 1)) / weights));
    const since = performance.now();
    const fault = await fuzzOne(thread, subject, inputs, options);
    if (fault !== undefined) faults.push(fault);
    options.onSubject?.(subject.name, inputs, performance.now() - since);
  }
  return faults;
}

async function fuzzOne(
  thread: FuzzThread,
  subject: Subject,
  inputs: number,
  { seed, path }: FuzzOptions,
): Promise<Fault | undefined> {
  const { name, batch: size = BATCH } = subject;
  for (let done = 0; done < inputs; done += size) {
    const batch: Batch = {
      subject: name,
      seed: seed + done / size,
      inputs: Math.min(size, inputs - done),
      ...(path === undefined ? {} : { path }),
    };
    const report = await thread.run(batch);
    if (report.kind === 'wrong') {
      const replay = `npm run fuzz -- --subject ${name} --seed ${batch.seed} --path ${report.path}`;
      return { subject: name, because: report.because, input: report.input, replay };
    }
  }
  return undefined;
}

/** Another thread does the work: what hangs there is seen from here, and can be ended. */
class FuzzThread implements AsyncDisposable {
  readonly #progress = new SharedArrayBuffer(4);
  readonly #stuckMs: number;
  #worker: Worker | undefined;

  constructor(stuckMs: number) {
    this.#stuckMs = stuckMs;
  }

  async run(batch: Batch): Promise<BatchReport> {
    this.#worker ??= new Worker(new URL('./worker.ts', import.meta.url), { workerData: this.#progress });
    const worker = this.#worker;
    const over = new AbortController();
    const answered = new Promise<BatchReport>((resolve, reject) => {
      worker.once('message', resolve);
      worker.once('error', reject);
    });
    worker.postMessage(batch);
    try {
      const report = await Promise.race([
        answered,
        untilStuck(new Int32Array(this.#progress), this.#stuckMs, over.signal),
      ]);
      if (report.kind === 'wrong') await this[Symbol.asyncDispose]();
      return report;
    } finally {
      over.abort();
      worker.removeAllListeners('message').removeAllListeners('error');
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#worker?.terminate();
    this.#worker = undefined;
  }
}

async function untilStuck(progress: Int32Array, stuckMs: number, signal: AbortSignal): Promise<BatchReport> {
  let seen = -1;
  try {
    for await (const _ of setInterval(stuckMs, undefined, { signal })) {
      const now = Atomics.load(progress, 0);
      if (now === seen) {
        return { kind: 'wrong', input: `number ${now} of its batch`, path: String(now - 1), because: 'it hangs' };
      }
      seen = now;
    }
  } catch {
    // The batch is over.
  }
  return { kind: 'right' };
}

function namesOf(subjects: readonly Subject[]): string {
  return subjects.map(({ name }) => name).join(', ');
}
