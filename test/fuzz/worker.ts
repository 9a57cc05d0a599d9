import { parentPort, workerData } from 'node:worker_threads';
import fc from 'fast-check';
import { stated } from '../../lib/values/stated.ts';
import { subjectOf } from './subjects.ts';

/** One batch of one subject, as `fuzz.ts` sends it. */
export interface Batch {
  readonly subject: string;
  readonly seed: number;
  readonly inputs: number;
  /** To run one input again. */
  readonly path?: string;
}

export type BatchReport =
  | { readonly kind: 'right' }
  | { readonly kind: 'wrong'; readonly input: string; readonly path: string; readonly because: string };

/** Which input of the batch is at work: read by the thread that watches whether it goes on. */
const progress = new Int32Array(workerData as SharedArrayBuffer);

parentPort?.on('message', (batch: Batch) => {
  void run(batch).then((report) => parentPort?.postMessage(report));
});

async function run({ subject: name, seed, inputs, path }: Batch): Promise<BatchReport> {
  const subject = subjectOf(name);
  if (subject === undefined) throw new Error(`there is no subject ${name}`);
  const before = ownKeys();
  using cleanup = new DisposableStack();
  const check = subject.begin(cleanup);
  Atomics.store(progress, 0, 0);
  const property = fc.asyncProperty(subject.inputs, async (input) => {
    Atomics.add(progress, 0, 1);
    await check(input);
    if (ownKeys() !== before) throw new Error('it changed what all objects have in common (prototype pollution)');
  });
  const { failed, counterexample, counterexamplePath, errorInstance } = await fc.check(property, {
    seed,
    numRuns: inputs,
    ...stated({ path }),
  });
  if (!failed) return { kind: 'right' };
  const because =
    errorInstance instanceof Error ? (errorInstance.stack ?? errorInstance.message) : String(errorInstance);
  return {
    kind: 'wrong',
    input: fc.stringify(counterexample?.[0]),
    path: counterexamplePath?.split(':')[0] ?? '0',
    because,
  };
}

/** Names on the prototypes that everything inherits from. */
function ownKeys(): string {
  return [Object, Array, Function, String, Number, Promise]
    .map(({ prototype }) => Reflect.ownKeys(prototype).length)
    .join();
}
