import type { Context, SQSBatchResponse, SQSEvent, SQSRecord } from 'aws-lambda';
import type { LambdaEvent } from 'hono/aws-lambda';
import type { LookTask } from '../../lib/aws/looks/look-task.ts';
import { ENV, USUAL_WORKERS } from '../../lib/aws/names.ts';
import type { AwsServiceDouble } from './aws-service-double.ts';

/*
 * The functions as Lambda runs them, in this process: what is sent to a queue is given to its function, and what
 * was delayed when nothing else is left to do. The caller puts `variablesOf` into the environment first.
 */

export interface AwsFunctions {
  /** As API Gateway hands a request over; `over` is another event in part. */
  call(
    method: string,
    path: string,
    body?: unknown,
    over?: Readonly<Record<string, unknown>>,
  ): Promise<{ readonly status: number; readonly text: string }>;
  /** Until nothing is on any queue. Delayed messages come after `skip` was called with the time that they wait. */
  run(skip: (ms: number) => void): Promise<void>;
  /** Bodies of what the notifier has given up. */
  readonly deadNotifications: readonly string[];
  /** The schedule's tick. */
  tick(): Promise<void>;
}

export function variablesOf(endpoint: string, sourcePorts: readonly number[]): Readonly<Record<string, string>> {
  const json = (value: unknown) => JSON.stringify(value);
  const queue = (name: string) => `${endpoint}/000000000000/${name}`;
  return {
    AWS_ENDPOINT_URL: endpoint,
    AWS_REGION: 'us-east-1',
    AWS_ACCESS_KEY_ID: 'double',
    AWS_SECRET_ACCESS_KEY: 'double-secret',
    AWS_CONFIG_FILE: '/dev/null',
    AWS_SHARED_CREDENTIALS_FILE: '/dev/null',
    POWERTOOLS_LOG_LEVEL: 'DEBUG',
    [ENV.version]: '0.0.0',
    [ENV.deployment]: 'Files',
    [ENV.recordsBucket]: 'records',
    [ENV.plansQueueUrl]: queue('plans'),
    [ENV.streamsQueueUrl]: queue('streams'),
    [ENV.piecesQueueUrl]: queue('pieces'),
    [ENV.resultsQueueUrl]: queue('results'),
    [ENV.parkedQueueUrl]: queue('parked'),
    [ENV.plansDeadQueueUrl]: queue('plans-dead'),
    [ENV.streamsDeadQueueUrl]: queue('streams-dead'),
    [ENV.resultsDeadQueueUrl]: queue('results-dead'),
    [ENV.eventBus]: 'bus',
    [ENV.destinations]: json([{ bucket: 'target', prefix: '' }]),
    [ENV.sources]: json({
      allowHosts: [],
      denyHosts: [],
      privateHosts: ['127.0.0.1'],
      ports: sourcePorts,
      schemes: ['http', 'https', 'ftp', 'ftps', 'ftpes', 'sftp', 's3'],
    }),
    [ENV.ownership]: json({ change: 'owner', read: 'anyone' }),
    [ENV.secretPrefixes]: json(['piecework/']),
    [ENV.hostConnections]: '16',
    [ENV.planTimeoutSeconds]: '900',
    [ENV.pieceTimeoutSeconds]: '900',
    [ENV.lateSeconds]: '300',
    [ENV.maxWaiting]: '50',
    [ENV.plannerFunction]: 'planner',
    [ENV.workers]: json(USUAL_WORKERS),
    [ENV.notifications]: json({ webhooks: true, taskTokens: true }),
    [ENV.notificationsQueueUrl]: queue('notifications'),
    [ENV.notificationsDeadQueueUrl]: queue('notifications-dead'),
  };
}

type Sent = Pick<Parameters<AwsServiceDouble['onMessage']>[0], 'body' | 'attributes'>;
type QueueHandler = (event: SQSEvent, context: Context) => Promise<SQSBatchResponse | undefined>;

const context = { getRemainingTimeInMillis: () => 60_000 } as Context;
const OWNER = 'arn:aws:iam::000000000000:role/somebody';

export async function openAwsFunctions(services: AwsServiceDouble): Promise<AwsFunctions> {
  const [api, planner, fetcher, finalizer, notifier] = await Promise.all([
    import('../../functions/api/handler.ts'),
    import('../../functions/planner/handler.ts'),
    import('../../functions/fetcher/handler.ts'),
    import('../../functions/finalizer/handler.ts'),
    import('../../functions/notifier/handler.ts'),
  ]);
  const handlers = new Map<string, QueueHandler>([
    ['plans', planner.handler as QueueHandler],
    ['streams', planner.handler as QueueHandler],
    ['pieces', fetcher.handler],
    ['results', finalizer.handler],
    ['notifications', notifier.handler],
  ]);
  const deadNotifications: string[] = [];
  let waiting: (Sent & { readonly queue: string; readonly dueAt: number })[] = [];
  services.onMessage = ({ queue, body, delaySeconds, attributes }) => {
    if (queue === 'notifications-dead') deadNotifications.push(body);
    else waiting.push({ queue, body, attributes, dueAt: Date.now() + delaySeconds * 1000 });
  };

  services.onCall = async (name, payload) => {
    if (name !== 'planner') throw new Error(`the function ${name} is called by nobody`);
    return await planner.handler(payload as LookTask, context);
  };

  async function deliver(queue: string, messages: readonly Sent[]): Promise<void> {
    const handler = handlers.get(queue);
    if (handler === undefined) throw new Error(`a message was put into ${queue}: ${messages[0]?.body}`);
    const answer = await handler(eventOf(queue, messages), context);
    if (answer !== undefined && answer.batchItemFailures.length > 0) throw new Error(`${queue} gave messages back`);
  }

  return {
    deadNotifications,
    async call(method, path, body, over = {}) {
      const identity = { userArn: OWNER };
      const event = {
        httpMethod: method,
        path,
        resource: path,
        headers: { host: 'api.invalid', 'content-type': 'application/json', 'idempotency-key': `${Date.now()}` },
        body: body === undefined ? null : JSON.stringify(body),
        isBase64Encoded: false,
        requestContext: { path: `/prod${path}`, identity, requestId: 'r-1' },
        ...over,
      } as unknown as LambdaEvent;
      const answer = await api.handler(event, context as never);
      return { status: answer.statusCode, text: `${JSON.stringify(answer.headers)}\n${answer.body}` };
    },
    async run(skip) {
      for (let rounds = 0; waiting.length > 0; rounds += 1) {
        if (rounds === 500) throw new Error(`no end of messages: ${JSON.stringify(waiting)}`);
        const soonest = Math.min(...waiting.map(({ dueAt }) => dueAt));
        if (soonest > Date.now()) skip(soonest - Date.now());
        const due = Object.entries(Object.groupBy(waiting, ({ dueAt, queue }) => (dueAt <= Date.now() ? queue : '')));
        waiting = due.find(([queue]) => queue === '')?.[1] ?? [];
        for (const [queue, messages = []] of due) {
          if (queue !== '') {
            await deliver(queue, messages);
          }
        }
      }
    },
    async tick() {
      await finalizer.handler({ kind: 'schedule' }, context);
    },
  };
}

function eventOf(queue: string, messages: readonly Sent[]): SQSEvent {
  return {
    Records: messages.map(
      ({ body, attributes }, index) =>
        ({
          messageId: String(index),
          receiptHandle: String(index),
          body,
          attributes: { ApproximateReceiveCount: '1' },
          messageAttributes: Object.fromEntries(
            Object.entries(attributes).map(([name, { DataType, StringValue }]) => [
              name,
              { dataType: DataType, stringValue: StringValue },
            ]),
          ),
          eventSourceARN: `arn:aws:sqs:us-east-1:000000000000:${queue}`,
        }) as unknown as SQSRecord,
    ),
  };
}
