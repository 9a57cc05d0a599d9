import { CfnOutput, Duration, Stack } from 'aws-cdk-lib';
import type { RestApi } from 'aws-cdk-lib/aws-apigateway';
import { EventBus, Rule, RuleTargetInput, Schedule } from 'aws-cdk-lib/aws-events';
import { LambdaFunction as LambdaTarget } from 'aws-cdk-lib/aws-events-targets';
import type { Bucket } from 'aws-cdk-lib/aws-s3';
import type { Queue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import type { OwnershipRules, Variable } from '../lib/aws/names.ts';
import {
  API_TIMEOUT_SECONDS,
  ENV,
  EVENT_SOURCE,
  NOTIFIER,
  RESULTS_PER_FINALIZER,
  STAGES,
  USUAL_WORKERS,
} from '../lib/aws/names.ts';
import { CALL_RIGHT, CALLS, SENDS } from '../lib/aws/stage-rights.ts';
import { Api } from './api/api.ts';
import { packageVersion } from './bundle.ts';
import { Monitoring } from './monitoring/monitoring.ts';
import { Notifier, notifies } from './notifier.ts';
import type { PieceworkAuth, PieceworkProps, Settings } from './props/props.ts';
import { settingsOf } from './props/settings.ts';
import { plainQueue, TaskQueue } from './queues.ts';
import { recordsBucket } from './records-bucket.ts';
import type { StageFunctions } from './rights.ts';
import { allowDestinations, allowRecords, allowSecrets, allowSources } from './rights.ts';
import { destinationRule, sourceRules, workersOf } from './rules.ts';
import { StageFunction } from './stage-function.ts';
import { tagAll } from './tags.ts';

/** Bounded work on metadata: these need no choice. */
const API_TIMEOUT = Duration.seconds(API_TIMEOUT_SECONDS);
const FINALIZER_TIMEOUT = Duration.seconds(60);

/**
 * No function sends an event in the name of another source, least of all on the default bus. The key may have several
 * values, one for each event of a request, and none:
 * https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-use-conditions.html
 */
const ONLY_OURS = {
  'ForAllValues:StringEquals': { 'events:source': EVENT_SOURCE },
  Null: { 'events:source': 'false' },
};

/**
 * Moves URLs into S3, piece by piece: an API, a planner, fetchers and a finalizer, with queues between them
 * and one bucket for their records.
 *
 * ```ts
 * new Piecework(this, 'Piecework', { destinations: [{ bucket, prefix: 'incoming/' }] });
 * ```
 * @throws PieceworkPropsError that says in a sentence which prop is unknown, out of bounds, or contradicts another.
 */
export class Piecework extends Construct {
  readonly api: RestApi;
  /** How callers of the API are known. */
  readonly auth: PieceworkAuth['kind'];
  readonly records: Bucket;
  readonly eventBus: NonNullable<PieceworkProps['eventBus']>;
  /** Tasks for planners, fetchers, finalizers. */
  readonly plans: TaskQueue;
  /** Sources that come on one connection, for planners too. */
  readonly streams: TaskQueue;
  readonly pieces: TaskQueue;
  readonly results: TaskQueue;
  /** Messages that no function could read. */
  readonly parked: Queue;
  /** What a webhook or a task is to be notified of; only where the props allow such. */
  readonly notifications: TaskQueue | undefined;
  /** The function of each stage. */
  readonly stages: StageFunctions;

  constructor(scope: Construct, id: string, props: PieceworkProps) {
    super(scope, id);
    const settings = settingsOf(props);
    this.auth = settings.auth.kind;
    this.eventBus = settings.eventBus ?? EventBus.fromEventBusName(this, 'Events', 'default');
    this.records = recordsBucket(this, settings);
    this.parked = plainQueue(this, 'Parked');
    this.plans = new TaskQueue(this, 'Plans', { timeout: settings.planTimeout });
    this.streams = new TaskQueue(this, 'Streams', { timeout: settings.planTimeout });
    this.pieces = new TaskQueue(this, 'Pieces', {
      timeout: settings.pieceTimeout,
      failuresCount: true,
      deadConsumerTimeout: FINALIZER_TIMEOUT,
      afterDead: this.parked,
    });
    this.results = new TaskQueue(this, 'Results', { timeout: FINALIZER_TIMEOUT });
    this.stages = this.#makeStages(settings);
    this.#connect(settings);
    const sources = sourceRules(settings);
    const { records, parked: unread } = this;
    const notifier = notifies(settings)
      ? new Notifier(this, 'Notifier', { settings, sources, recordsBucketName: records.bucketName, parked: unread })
      : undefined;
    notifier?.connect(this.stages.api, this.stages.finalizer);
    this.notifications = notifier?.queue;
    allowRecords(this.stages, this.records, settings, notifier?.stage);
    allowDestinations(this.stages, settings.destinations);
    allowSources(this.stages, settings.sourceBuckets);
    const { api, planner, fetcher, finalizer } = this.stages;
    allowSecrets([planner, fetcher, ...(notifier === undefined ? [] : [notifier.stage])], settings.secretPrefixes);
    this.api = new Api(this, 'Api', { stage: this.stages.api, settings }).rest;
    const { plans, streams, pieces, results, parked, stages, notifications } = this;
    const queues = { plans, streams, pieces, results, parked, notifications };
    const watched = { deployment: this.#name(), stages, api: this.api, ...queues };
    new Monitoring(this, 'Monitoring', { watched, settings });
    const byStage = {
      api: [api, this.api],
      planner: [planner, plans, streams],
      fetcher: [fetcher, pieces],
      finalizer: [finalizer, results],
      ...(notifier === undefined ? {} : { [NOTIFIER]: [notifier] }),
    };
    tagAll(this, this.#name(), byStage, settings.tags);
    this.#addOutputs();
  }

  #makeStages(settings: Settings): StageFunctions {
    const { planTimeout, pieceTimeout, plannerMemoryMiB, fetcherMemoryMiB } = settings;
    const api = new StageFunction(this, 'ApiStage', {
      stage: 'api',
      description: 'takes transfers on and tells of them',
      memoryMiB: USUAL_WORKERS.metadataMemoryMiB,
      timeout: API_TIMEOUT,
      settings,
    });
    const planner = new StageFunction(this, 'PlannerStage', {
      stage: 'planner',
      description: 'probes, plans, and completes',
      memoryMiB: plannerMemoryMiB,
      timeout: planTimeout,
      settings,
    });
    const fetcher = new StageFunction(this, 'FetcherStage', {
      stage: 'fetcher',
      description: 'brings pieces',
      memoryMiB: fetcherMemoryMiB,
      timeout: pieceTimeout,
      settings,
    });
    const finalizer = new StageFunction(this, 'FinalizerStage', {
      stage: 'finalizer',
      description: 'answers results, repairs, cleans up',
      memoryMiB: USUAL_WORKERS.metadataMemoryMiB,
      timeout: FINALIZER_TIMEOUT,
      settings,
    });
    return { api, planner, fetcher, finalizer };
  }

  /** Who takes from which queue, and who sends to which. */
  #connect(settings: Settings): void {
    const { api, planner, fetcher, finalizer } = this.stages;
    planner.consume(this.plans.queue, { batchSize: 1, maxConcurrency: settings.maxPlanners });
    // With bounds of their own, so that neither takes the other's functions.
    planner.consume(this.streams.queue, { batchSize: 1, maxConcurrency: settings.maxStreams });
    // A message is what one fetcher can do.
    fetcher.consume(this.pieces.queue, { batchSize: 1, maxConcurrency: settings.maxFetchers });
    finalizer.consume(this.results.queue, {
      batchSize: RESULTS_PER_FINALIZER,
      maxBatchingWindow: settings.resultsWindow,
      maxConcurrency: settings.maxFinalizers,
    });
    finalizer.consume(this.pieces.dead, { batchSize: 10, maxConcurrency: 2 });
    new Rule(this, 'Tick', {
      description: 'Piecework: repairs what a crash or a lost message left',
      schedule: Schedule.rate(Duration.minutes(1)),
      targets: [
        new LambdaTarget(finalizer.function, {
          event: RuleTargetInput.fromObject({ kind: 'schedule' }),
          retryAttempts: 0,
        }),
      ],
    });
    const queues = {
      plans: this.plans.queue,
      streams: this.streams.queue,
      pieces: this.pieces.queue,
      results: this.results.queue,
      parked: this.parked,
    };
    for (const stage of STAGES) {
      this.stages[stage].maySend(...SENDS[stage].map((queue) => queues[queue]));
      const called = CALLS[stage].map((other) => this.stages[other].function.functionArn);
      if (called.length > 0) this.stages[stage].allow([CALL_RIGHT], called, 'CallFunctions');
    }
    finalizer.mayEmpty(this.plans.dead, this.streams.dead, this.results.dead);
    for (const stage of [api, planner, finalizer])
      stage.allow(['events:PutEvents'], [this.eventBus.eventBusArn], 'TellEvents', ONLY_OURS);
    const values = this.#environment(settings);
    for (const stage of [api, planner, fetcher, finalizer]) stage.setVariables(values);
    const { sealedKey } = settings;
    // Those who seal.
    for (const stage of [api, planner])
      if (sealedKey !== undefined) stage.function.addEnvironment(ENV.sealedKey, sealedKey.keyArn);
    if (settings.quotas !== undefined)
      // Those who take on, who read lists, and who see the end.
      for (const stage of [api, planner, finalizer])
        stage.function.addEnvironment(ENV.quotas, Stack.of(this).toJsonString(settings.quotas));
    if (settings.defaultOwner !== undefined) api.function.addEnvironment(ENV.defaultOwner, settings.defaultOwner);
  }

  #environment(settings: Settings): Readonly<Record<Variable, string>> {
    const destinations = settings.destinations.map(destinationRule);
    const sources = sourceRules(settings);
    return {
      version: packageVersion(),
      deployment: this.#name(),
      recordsBucket: this.records.bucketName,
      plansQueueUrl: this.plans.queue.queueUrl,
      streamsQueueUrl: this.streams.queue.queueUrl,
      piecesQueueUrl: this.pieces.queue.queueUrl,
      resultsQueueUrl: this.results.queue.queueUrl,
      parkedQueueUrl: this.parked.queueUrl,
      plansDeadQueueUrl: this.plans.dead.queueUrl,
      streamsDeadQueueUrl: this.streams.dead.queueUrl,
      resultsDeadQueueUrl: this.results.dead.queueUrl,
      eventBus: this.eventBus.eventBusName,
      destinations: Stack.of(this).toJsonString(destinations),
      sources: Stack.of(this).toJsonString(sources),
      secretPrefixes: JSON.stringify(settings.secretPrefixes),
      ownership: JSON.stringify(settings.ownership satisfies OwnershipRules),
      hostConnections: String(settings.hostConnections),
      planTimeoutSeconds: String(settings.planTimeout.toSeconds()),
      pieceTimeoutSeconds: String(settings.pieceTimeout.toSeconds()),
      lateSeconds: String(settings.lateArrival.toSeconds()),
      workers: JSON.stringify(workersOf(settings)),
      maxWaiting: String(settings.maxWaiting),
      plannerFunction: this.stages.planner.function.functionName,
    };
  }

  /** Of this deployment among those of the account: the stack's, and the construct's own in it. */
  #name(): string {
    const { stackName, node } = Stack.of(this);
    return [stackName, ...this.node.path.slice(node.path.length + 1).split('/')].join('/');
  }

  /** Under the construct's own name, so that the command line finds `…ApiUrl` in a stack it did not make. */
  #addOutputs(): void {
    const outputs = {
      ApiId: this.api.restApiId,
      ApiUrl: this.api.url,
      RecordsBucket: this.records.bucketName,
      PlansQueueUrl: this.plans.queue.queueUrl,
      StreamsQueueUrl: this.streams.queue.queueUrl,
      PiecesQueueUrl: this.pieces.queue.queueUrl,
      ResultsQueueUrl: this.results.queue.queueUrl,
      PlansDeadQueueUrl: this.plans.dead.queueUrl,
      StreamsDeadQueueUrl: this.streams.dead.queueUrl,
      PiecesDeadQueueUrl: this.pieces.dead.queueUrl,
      ResultsDeadQueueUrl: this.results.dead.queueUrl,
      ParkedQueueUrl: this.parked.queueUrl,
      ...(this.notifications === undefined
        ? {}
        : {
            NotificationsQueueUrl: this.notifications.queue.queueUrl,
            NotificationsDeadQueueUrl: this.notifications.dead.queueUrl,
          }),
    };
    const name = this.node.path
      .split('/')
      .slice(1)
      .join('')
      .replace(/[^A-Za-z0-9]/g, '');
    for (const [key, value] of Object.entries(outputs))
      new CfnOutput(this, key, { value }).overrideLogicalId(`${name}${key}`);
  }
}
