import { ArnFormat, Duration, Stack } from 'aws-cdk-lib';
import type { Queue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import type { SourceRules } from '../lib/aws/names.ts';
import { ENV, NOTIFIER, NOTIFIER_TIMEOUT_SECONDS } from '../lib/aws/names.ts';
import { NOTIFICATION_SENDS, TASK_RIGHTS } from '../lib/aws/stage-rights.ts';
import { packageVersion } from './bundle.ts';
import type { Settings } from './props/props.ts';
import { TaskQueue } from './queues.ts';
import { StageFunction } from './stage-function.ts';

export interface NotifierProps {
  readonly settings: Settings;
  readonly sources: SourceRules;
  readonly recordsBucketName: string;
  /** Messages that it can't read go there. */
  readonly parked: Queue;
}

/** What is waited for at one receiver is 15 s: a function posts so many side by side within its time. */
const AT_ONCE = 5;
const MEMORY_MIB = 512;

/** Whether anything is to be notified, so that there is a notifier at all. */
export function notifies({ webhooks, taskTokens, notify }: Settings): boolean {
  return webhooks || taskTokens || notify !== undefined;
}

/** The function that posts to webhooks and ends tasks of Step Functions, with its queue and its dead letters. */
export class Notifier extends Construct {
  readonly queue: TaskQueue;
  readonly stage: StageFunction;
  /** What API, finalizer and notifier must know: who may be notified. */
  readonly variable: string;

  constructor(scope: Construct, id: string, props: NotifierProps) {
    super(scope, id);
    const { settings, sources, recordsBucketName, parked } = props;
    const { webhooks, taskTokens, notify } = settings;
    const timeout = Duration.seconds(NOTIFIER_TIMEOUT_SECONDS);
    this.queue = new TaskQueue(this, 'Notifications', { timeout });
    this.stage = new StageFunction(this, 'Stage', {
      stage: NOTIFIER,
      description: 'posts to webhooks, ends tasks',
      memoryMiB: MEMORY_MIB,
      timeout,
      settings,
    });
    this.stage.consume(this.queue.queue, { batchSize: AT_ONCE, maxConcurrency: 5 });
    const queues = { notifications: this.queue.queue, notificationsDead: this.queue.dead, parked };
    this.stage.maySend(...NOTIFICATION_SENDS.notifier.map((name) => queues[name]));
    const stack = Stack.of(this);
    if (taskTokens) {
      const machines = stack.formatArn({
        service: 'states',
        resource: 'stateMachine',
        resourceName: '*',
        arnFormat: ArnFormat.COLON_RESOURCE_NAME,
      });
      this.stage.allow(TASK_RIGHTS, [machines], 'EndTasks');
    }
    const usual = notify === undefined ? {} : { usual: notify };
    this.variable = stack.toJsonString({ webhooks, taskTokens, ...usual });
    const variables = {
      [ENV.version]: packageVersion(),
      [ENV.recordsBucket]: recordsBucketName,
      [ENV.sources]: stack.toJsonString(sources),
      [ENV.secretPrefixes]: JSON.stringify(settings.secretPrefixes),
      [ENV.parkedQueueUrl]: parked.queueUrl,
      [ENV.notifications]: this.variable,
      [ENV.notificationsQueueUrl]: this.queue.queue.queueUrl,
      [ENV.notificationsDeadQueueUrl]: this.queue.dead.queueUrl,
    };
    for (const [name, value] of Object.entries(variables)) this.stage.function.addEnvironment(name, value);
  }

  /** Those who take hooks, and those who have ends. */
  connect(api: StageFunction, finalizer: StageFunction): void {
    for (const stage of [api, finalizer]) stage.function.addEnvironment(ENV.notifications, this.variable);
    finalizer.allow(['sqs:SendMessage'], [this.queue.queue.queueArn], 'SendNotifications');
    for (const stage of [api, finalizer])
      stage.function.addEnvironment(ENV.notificationsQueueUrl, this.queue.queue.queueUrl);
  }
}
