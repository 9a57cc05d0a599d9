import type { ChildProcess } from 'node:child_process';
import { fork } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import type { Stage } from '../../lib/aws/names.ts';
import { STAGES } from '../../lib/aws/names.ts';
import { startAwsServices } from '../../test/support/aws-service-double.ts';

const CHILD = fileURLToPath(new URL('function-child.js', import.meta.url));
const OWNER = 'arn:aws:iam::000000000000:user/bench';
const CALLED: Readonly<Record<string, Stage>> = { plans: 'planner', pieces: 'fetcher', results: 'finalizer' };

interface Answer {
  readonly answer: unknown;
  readonly cpuMs: number;
  readonly peakRssBytes: number;
}

export interface Deployment extends AsyncDisposable {
  /** `POST /v1/transfers`. */
  submit(body: object): Promise<void>;
  /** Until no queue has anything; gives each answer of a fetcher. */
  run(onPieces: (answer: Answer) => void): Promise<void>;
}

/** The functions of a package, each in a process of its own, as Lambda runs them; queues and events are here. */
export async function deploy(
  folder: string,
  environment: (services: string) => NodeJS.ProcessEnv,
): Promise<Deployment> {
  await using stack = new AsyncDisposableStack();
  const services = stack.use(await startAwsServices('http://127.0.0.1:9'));
  const waiting = new Map<string, string[]>();
  services.onMessage = ({ queue, body, delaySeconds }) => {
    // Of ticks for later nothing depends here.
    if (delaySeconds === 0) waiting.set(queue, [...(waiting.get(queue) ?? []), body]);
  };
  const children = new Map<Stage, ChildProcess>();
  for (const stage of STAGES) {
    const index = pathToFileURL(join(folder, stage, 'index.mjs')).href;
    const child = fork(CHILD, [index], {
      env: environment(services.endpoint),
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    });
    stack.defer(() => void child.kill());
    await once(child, 'message');
    children.set(stage, child);
  }
  async function call(stage: Stage, event: object): Promise<Answer> {
    const child = children.get(stage);
    child?.send({ event });
    const [answer] = (await once(child as ChildProcess, 'message')) as [Answer];
    return answer;
  }
  async function deliver(queue: string, bodies: readonly string[]): Promise<Answer> {
    const given = await call(CALLED[queue] ?? 'planner', {
      Records: bodies.map((body, index) => ({
        messageId: String(index),
        receiptHandle: String(index),
        body,
        attributes: { ApproximateReceiveCount: '1' },
        eventSource: 'aws:sqs',
        eventSourceARN: `arn:aws:sqs:us-east-1:000000000000:${queue}`,
      })),
    });
    const { batchItemFailures = [] } = (given.answer ?? {}) as { readonly batchItemFailures?: readonly object[] };
    if (batchItemFailures.length > 0) throw new Error(`${queue} gave messages back`);
    return given;
  }
  const running = stack.move();
  return {
    async submit(body) {
      const path = '/v1/transfers';
      const { answer } = await call('api', {
        httpMethod: 'POST',
        path,
        resource: path,
        headers: { host: 'bench', 'content-type': 'application/json', 'idempotency-key': randomUUID() },
        body: JSON.stringify(body),
        isBase64Encoded: false,
        requestContext: { path, requestId: 'bench', identity: { userArn: OWNER } },
      });
      const { statusCode, body: said } = answer as { readonly statusCode: number; readonly body: string };
      if (statusCode !== 202) throw new Error(`the API answered ${statusCode}: ${said}`);
    },
    async run(onPieces) {
      for (;;) {
        const queue = ['plans', 'results', 'pieces'].find((name) => (waiting.get(name) ?? []).length > 0);
        if (queue === undefined) return;
        const bodies = waiting.get(queue) ?? [];
        const given = queue === 'pieces' ? bodies.splice(0, 1) : bodies.splice(0);
        const answer = await deliver(queue, given);
        if (queue === 'pieces') onPieces(answer);
      }
    },
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  };
}
