import type { Duration } from 'aws-cdk-lib';
import { SubnetType } from 'aws-cdk-lib/aws-ec2';
import { Effect, PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { FunctionProps } from 'aws-cdk-lib/aws-lambda';
import { Function as LambdaFunction, RecursiveLoop, Runtime } from 'aws-cdk-lib/aws-lambda';
import type { SqsEventSourceProps } from 'aws-cdk-lib/aws-lambda-event-sources';
import { SqsEventSource } from 'aws-cdk-lib/aws-lambda-event-sources';
import { LogGroup } from 'aws-cdk-lib/aws-logs';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import type { DeployedName, TracingSettings, Variable } from '../lib/aws/names.ts';
import { ENV, NEEDS, NOTIFIER } from '../lib/aws/names.ts';
import { EMPTYING_RIGHTS, NETWORK_RIGHTS } from '../lib/aws/stage-rights.ts';
import { acknowledgeNetwork, acknowledgePrefix } from './acknowledge.ts';
import { bundleOf } from './bundle.ts';
import type { Settings } from './props/props.ts';

export interface StageFunctionProps {
  readonly stage: DeployedName;
  readonly description: string;
  readonly memoryMiB: number;
  readonly timeout: Duration;
  readonly settings: Settings;
}

/** Those who contact what callers name: sources, and webhooks. */
const OUTWARD: readonly DeployedName[] = ['planner', 'fetcher', 'notifier'];

/** A stage's Lambda function, with its own role, log and environment. It may do what is granted here, and no more. */
export class StageFunction extends Construct {
  readonly function: LambdaFunction;
  readonly logGroup: LogGroup;
  readonly #role: Role;
  readonly #stage: DeployedName;

  constructor(scope: Construct, id: string, props: StageFunctionProps) {
    super(scope, id);
    const { stage, description, memoryMiB, timeout, settings } = props;
    this.#stage = stage;
    this.logGroup = new LogGroup(this, 'Log', {
      retention: settings.logRetention,
      removalPolicy: settings.removalPolicy,
    });
    // Not the managed policy for Lambda: that one may write every log group of the account.
    this.#role = new Role(this, 'Role', {
      assumedBy: new ServicePrincipal('lambda.amazonaws.com'),
      description: `Piecework: ${description}`,
    });
    this.logGroup.grantWrite(this.#role);
    this.function = new LambdaFunction(this, 'Function', {
      description: `Piecework: ${description}`,
      code: bundleOf(stage),
      handler: 'index.handler',
      runtime: Runtime.NODEJS_24_X,
      architecture: settings.architecture,
      memorySize: memoryMiB,
      timeout,
      role: this.#role,
      logGroup: this.logGroup,
      // Planner, fetcher and finalizer call each other through queues as often as a transfer needs; each piece's
      // own attempt budget is the bound.
      ...(stage === 'api' ? {} : { recursiveLoop: RecursiveLoop.ALLOW }),
      environment: { NODE_OPTIONS: '--enable-source-maps', POWERTOOLS_SERVICE_NAME: `piecework-${stage}` },
      ...(OUTWARD.includes(stage) ? this.#placeIn(settings) : {}),
    });
    if (settings.tracing !== undefined && stage !== NOTIFIER) this.#trace(settings.tracing);
  }

  #trace({ endpoint = 'http://localhost:4318', ratio = 1, layer }: NonNullable<Settings['tracing']>): void {
    this.function.addEnvironment(ENV.tracing, JSON.stringify({ endpoint, ratio } satisfies TracingSettings));
    if (layer !== undefined) this.function.addLayers(layer);
  }

  /** Lambda makes a function's network interfaces with the function's own role, before the function is there. */
  #placeIn({ vpc: place }: Settings): Partial<FunctionProps> {
    if (place === undefined) return {};
    const { vpc, subnets, securityGroups } = place;
    this.#role.addToPolicy(new PolicyStatement({ sid: 'Network', actions: [...NETWORK_RIGHTS], resources: ['*'] }));
    this.#role.addToPolicy(
      new PolicyStatement({
        sid: 'NetworkIsNotForCode',
        effect: Effect.DENY,
        actions: [...NETWORK_RIGHTS],
        resources: ['*'],
        // In a request only where the function's own code makes it.
        conditions: { Null: { 'lambda:SourceFunctionArn': 'false' } },
      }),
    );
    acknowledgeNetwork(this.#role);
    return {
      vpc,
      vpcSubnets: subnets ?? { subnetType: SubnetType.PRIVATE_WITH_EGRESS },
      ...(securityGroups === undefined ? {} : { securityGroups: [...securityGroups] }),
    };
  }

  get roleArn(): string {
    return this.#role.roleArn;
  }

  /** Sets what the stage needs of these variables; the others are none of its business. */
  setVariables(values: Readonly<Record<Variable, string>>): void {
    if (this.#stage === 'notifier') return;
    for (const name of NEEDS[this.#stage]) this.function.addEnvironment(ENV[name], values[name]);
  }

  allow(
    actions: readonly string[],
    resources: readonly string[],
    sid: string,
    conditions: Readonly<Record<string, unknown>> = {},
  ): void {
    this.#role.addToPolicy(new PolicyStatement({ sid, actions: [...actions], resources: [...resources], conditions }));
    for (const resource of resources) acknowledgePrefix(this.#role, resource);
  }

  maySend(...queues: readonly IQueue[]): void {
    this.allow(
      ['sqs:SendMessage'],
      queues.map(({ queueArn }) => queueArn),
      'SendMessages',
    );
  }

  /** By itself, not as an event source does: what it leaves is seen by people as before. */
  mayEmpty(...queues: readonly IQueue[]): void {
    this.allow(
      EMPTYING_RIGHTS,
      queues.map(({ queueArn }) => queueArn),
      'EmptyDeadLetters',
    );
  }

  /** Messages that fail come back alone, and there are never more functions at work than `maxConcurrency`. */
  consume(queue: IQueue, props: SqsEventSourceProps): void {
    this.function.addEventSource(new SqsEventSource(queue, { reportBatchItemFailures: true, ...props }));
  }
}
