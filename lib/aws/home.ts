import { S3Client } from '@aws-sdk/client-s3';
import { SQSClient } from '@aws-sdk/client-sqs';
import { s3Destination } from '../destinations/s3/destination.ts';
import { PieceworkError } from '../errors/error.ts';
import type { Log } from '../events/log/events.ts';
import type { Ports } from '../pipeline/shared/ports.ts';
import { windowPool } from '../pipeline/shared/windows.ts';
import type { Queue } from '../queues/queue.ts';
import { sqsLetters } from '../queues/sqs/letters.ts';
import { sqsParking, sqsQueue } from '../queues/sqs/queue.ts';
import { s3Records } from '../records/s3/records.ts';
import { s3SealedDocuments } from '../secrets/s3/documents.ts';
import { s3Secrets } from '../secrets/s3/secrets.ts';
import { systemClock } from '../system/clock.ts';
import { systemIds } from '../system/ids.ts';
import { onFirstUse } from '../system/on-first-use.ts';
import type {
  BatchFinalizerMessage,
  BatchPlannerMessage,
  FinalizerMessage,
  NotifyTask,
  PieceTask,
  PlannerMessage,
  ShardTask,
  StreamTask,
  TickSpan,
} from '../transfer/messages.ts';
import { stated } from '../values/stated.ts';
import { allowedDestinations } from './destinations.ts';
import type { Environment } from './environment.ts';
import { readEnvironment } from './environment.ts';
import { aboutBody } from './messages/about.ts';
import type { BatchHome } from './messages/batches.ts';
import type { DeadLetters } from './messages/dead-letters.ts';
import { aboutPlan, aboutResult, aboutStream } from './messages/dead-letters.ts';
import { giveBack, holdFor } from './messages/give-back.ts';
import { idOf, subjectOf } from './messages/subjects.ts';
import type { Stage } from './names.ts';
import type { NotedOf } from './noted.ts';
import { noteRecords } from './noted.ts';
import { awsNotifications } from './notifications/notifications.ts';
import { awsPolicy, windowsOf } from './policy.ts';
import type { SourceSide } from './sources/guarded-sources.ts';
import { copiesFrom } from './sources/source-buckets.ts';
import { openSubscribers } from './subscribers.ts';
import type { TickHome } from './tick/home.ts';
import { TRACEPARENT } from './tracing/tracing.ts';
import { countEvents, countRequests } from './usage/counted.ts';
import { countedDestination } from './usage/counted-destination.ts';
import type { Meter } from './usage/meter.ts';
import { usageMeter } from './usage/meter.ts';

/**
 * One function's view of the world: the ports that the use cases run on, and what its handler needs
 * besides. Made once, at cold start.
 */
export interface AwsHome extends BatchHome, TickHome {
  readonly environment: Environment;
  readonly ports: Ports;
  readonly log: Log;
  readonly meter: Meter;
}

/**
 * @param side given to those who contact sources; the others have neither the code nor the right.
 * @throws PieceworkError `InvalidConfig` that names all that is wrong with the environment.
 */
export function openAwsHome(
  stage: Stage,
  side?: SourceSide,
  variables: Readonly<Record<string, string | undefined>> = process.env,
): AwsHome {
  const environment = readEnvironment(stage, variables);
  const { queueUrls, recordsBucket: bucket, sealedKey } = environment;
  // Two clients: the code that writes under a condition settles an unsure answer itself (protocol, rule 2).
  const meter = usageMeter(environment.memoryMiB);
  const s3 = countRequests(new S3Client({}), meter);
  const once = onFirstUse(() => countRequests(new S3Client({ maxAttempts: 1 }), meter));
  const sqs = onFirstUse(() => countRequests(new SQSClient({}), meter));
  const subscribersOf = openSubscribers(environment);
  const { records, notedOf } = noteRecords(
    s3Records({ client: s3, once, bucket, warn: (sentence) => log.warn(sentence) }),
  );
  const { events, log, metrics } = subscribersOf(records);
  const sealed = s3Secrets({ client: s3, bucket, ...stated({ kmsKeyId: sealedKey }) });
  const destination = countedDestination(copiesFrom(s3Destination(), environment), meter);
  const documents = s3SealedDocuments({ client: s3, bucket, ...stated({ kmsKeyId: sealedKey }) });
  const { notifications: settings, notificationsQueueUrl } = environment;
  const notifications =
    settings === undefined
      ? undefined
      : awsNotifications({
          sealed: documents,
          settings,
          queue: queueTo<NotifyTask>(sqs, notificationsQueueUrl, notedOf, ({ id }) => id),
        });
  const queues = {
    planner: queueTo<PlannerMessage | BatchPlannerMessage>(sqs, queueUrls.plans, notedOf, subjectId),
    ...(queueUrls.streams === undefined
      ? {}
      : { streams: queueTo<StreamTask>(sqs, queueUrls.streams, notedOf, subjectId) }),
    fetcher: queueTo<PieceTask | ShardTask>(
      sqs,
      stage === 'fetcher' ? undefined : queueUrls.pieces,
      notedOf,
      subjectId,
    ),
    finalizer: queueTo<FinalizerMessage | BatchFinalizerMessage | TickSpan>(
      sqs,
      queueUrls.results,
      notedOf,
      (message) => idOf(subjectOf(message)),
    ),
  };
  const ports: Ports = {
    records,
    secrets: side?.secrets(environment, sealed) ?? sealed,
    sources: side?.sources(environment) ?? lacking(stage, 'source'),
    destinations: allowedDestinations([destination], environment.destinations),
    queues,
    fleet: { queues, sealed: documents },
    ...stated({ notifications }),
    events: environment.eventBus === undefined ? events : countEvents(events, meter),
    usage: meter,
    windows: windowPool({
      ...windowsOf(environment),
      allocate: (bytes) => Buffer.allocUnsafeSlow(bytes),
    }),
    clock: systemClock,
    ids: systemIds,
    policy: awsPolicy(environment),
  };
  const ownQueues = {
    api: [],
    planner: [queueUrls.plans, queueUrls.streams],
    fetcher: [queueUrls.pieces],
    finalizer: [queueUrls.results],
  }[stage];
  const park = queueUrls.parked === undefined ? undefined : sqsParking({ client: sqs, queueUrl: queueUrls.parked });
  return {
    environment,
    ports,
    spans: queues.finalizer,
    log,
    meter,
    async park({ body, messageId }, because) {
      await (park ?? lacking(stage, 'queue for what it does not understand'))(body, because);
      log.warn('a message was parked', { messageId, because });
      metrics.measure('Parked', 1);
    },
    failed: ({ body, messageId, attributes }, error) =>
      log.failed('a message comes again', error, {
        messageId,
        receiveCount: attributes.ApproximateReceiveCount,
        ...aboutBody(body),
      }),
    async giveBack(failed) {
      const nameOf = (text: string | undefined, sign: string) => text?.split(sign).at(-1);
      for (const url of ownQueues) {
        const ours = failed.filter(({ eventSourceARN }) => nameOf(url, '/') === nameOf(eventSourceARN, ':'));
        if (url !== undefined) await giveBack(sqs, url, ours);
      }
    },
    // Only a delivery of a piece lasts longer than its function.
    ...(stage === 'fetcher' && queueUrls.pieces !== undefined ? { hold: holdOn(sqs, queueUrls.pieces) } : {}),
    measure: (name, value) => metrics.measure(name, value),
    tickFailed: (about, error) => log.failed('a tick failed', error, { ...about }),
    deadLetters: deadLettersOf(sqs, queueUrls),
    letterDropped: (queue, about) => log.info('a dead letter of what has ended was deleted', { queue, ...about }),
    flush: () => metrics.flush(),
  };
}

/** Of plans, streams and results; those of pieces come to the finalizer. */
function deadLettersOf(
  client: SQSClient,
  { plansDead, streamsDead, resultsDead }: Environment['queueUrls'],
): Readonly<Record<string, DeadLetters>> {
  const all = [
    ['plans', plansDead, aboutPlan],
    ['streams', streamsDead, aboutStream],
    ['results', resultsDead, aboutResult],
  ] as const;
  return Object.fromEntries(
    all.flatMap(([name, queueUrl, about]) =>
      queueUrl === undefined ? [] : [[name, { letters: sqsLetters({ client, queueUrl }), about }]],
    ),
  );
}

function holdOn(client: SQSClient, queueUrl: string): NonNullable<BatchHome['hold']> {
  return (records, seconds) => holdFor(client, queueUrl, records, seconds);
}

/** Of the transfer, or of the batch. */
function subjectId(message: { readonly transferId: string } | { readonly batchId: string }): string {
  return 'batchId' in message ? message.batchId : message.transferId;
}

function queueTo<M>(
  client: SQSClient,
  queueUrl: string | undefined,
  notedOf: NotedOf,
  idIn: (message: M) => string | undefined,
): Queue<M> {
  if (queueUrl === undefined) return { send: lacking('this', 'right to send there') };
  return sqsQueue<M>({
    client,
    queueUrl,
    groupOf: (message) => notedOf(idIn(message)).owner,
    attributesOf(message) {
      const { trace } = notedOf(idIn(message));
      return trace === undefined ? {} : { [TRACEPARENT]: trace };
    },
  });
}

/** Needing what a stage was not given is a defect of ours. */
function lacking(stage: string, what: string): () => never {
  return () => {
    throw new PieceworkError('Internal', `the ${stage} function has no ${what}`);
  };
}
