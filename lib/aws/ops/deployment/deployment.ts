import { PieceworkError } from '../../../errors/error.ts';
import type { NOTIFIER, Stage } from '../../names.ts';
import { DEPLOYED } from '../../names.ts';

/** What CloudFormation says of a stack, as far as an operator needs it. */
export interface StackView {
  readonly name: string;
  /** `CREATE_COMPLETE`, `UPDATE_ROLLBACK_FAILED`, … */
  readonly status: string;
  readonly outputs: Readonly<Record<string, string>>;
  readonly resources: readonly StackResource[];
}

interface StackResource {
  readonly type: string;
  /** Of the template. */
  readonly logicalId: string;
  /** Of AWS: a name, a URL or an id. */
  readonly physicalId: string;
}

/** The queues of a deployment, and what ends there that was taken too often or not understood. */
export const QUEUES = ['plans', 'pieces', 'results', 'plansDead', 'piecesDead', 'resultsDead', 'parked'] as const;
/** Those that a deployment may lack: one of an earlier version, and one that notifies of no ends. */
export const SOME_QUEUES = ['streams', 'streamsDead', 'notifications', 'notificationsDead'] as const;
export type DeploymentQueue = (typeof QUEUES)[number] | (typeof SOME_QUEUES)[number];

/** Something of each function of a deployment; of the notifier, where it has one. */
export type OfEachFunction<T> = Readonly<Record<Stage, T> & Partial<Record<typeof NOTIFIER, T>>>;
/** Something of each of its queues. */
export type OfEachQueue<T> = Readonly<
  Record<(typeof QUEUES)[number], T> & Partial<Record<(typeof SOME_QUEUES)[number], T>>
>;

/** What a stack holds of Piecework, by the names that AWS knows it by. */
export interface Deployment {
  /** The stack's name and the construct's in it, as metrics have it. */
  readonly name: string;
  readonly stackStatus: string;
  readonly recordsBucket: string;
  readonly queueUrls: OfEachQueue<string>;
  readonly functions: OfEachFunction<string>;
  /** Of each function. */
  readonly roles: OfEachFunction<string>;
  /** UUIDs of event source mappings: what hands a queue's messages to a function. */
  readonly eventSources: readonly string[];
  /** The rule that wakes the finalizer each minute. */
  readonly scheduleRule: string;
  /** Groups of alarms among them. */
  readonly alarms: readonly string[];
}

const OUTPUT = 'RecordsBucket';

/**
 * Finds the deployment in its stack: by the outputs, which stand under the construct's own name, and by the ids of
 * what the construct made, which begin with that name.
 * @param construct its name in the stack, where that holds several. @default the only one
 * @throws PieceworkError `InvalidOption`: there is none, or several.
 */
export function deploymentOf(stack: StackView, construct?: string): Deployment {
  const own = constructOf(stack, construct);
  const output = (name: string) => stack.outputs[`${own}${name}`] ?? lacks(stack, `the output ${own}${name}`);
  const has = (queue: DeploymentQueue) => stack.outputs[`${own}${urlOutput(queue)}`] !== undefined;
  const ofType = (type: string, prefix: string) =>
    stack.resources.filter((one) => one.type === type && one.logicalId.startsWith(`${own}${prefix}`));
  const only = (type: string, prefix: string) =>
    ofType(type, prefix)[0]?.physicalId ?? lacks(stack, `a resource ${own}${prefix}… of ${type}`);
  const ofFunctions = (type: string, suffix: string) =>
    Object.fromEntries(
      DEPLOYED.filter((name) => name !== 'notifier' || has('notifications')).map((name) => [
        name,
        only(type, `${capital(name)}Stage${suffix}`),
      ]),
    ) as OfEachFunction<string>;
  return {
    name: `${stack.name}/${own}`,
    stackStatus: stack.status,
    recordsBucket: output(OUTPUT),
    queueUrls: Object.fromEntries(
      [...QUEUES, ...SOME_QUEUES.filter(has)].map((queue) => [queue, output(urlOutput(queue))]),
    ) as OfEachQueue<string>,
    functions: ofFunctions('AWS::Lambda::Function', 'Function'),
    roles: ofFunctions('AWS::IAM::Role', 'Role'),
    eventSources: ofType('AWS::Lambda::EventSourceMapping', '').map(({ physicalId }) => physicalId),
    scheduleRule: only('AWS::Events::Rule', 'Tick'),
    alarms: ['Alarm', 'CompositeAlarm'].flatMap((kind) =>
      ofType(`AWS::CloudWatch::${kind}`, 'Monitoring').map(({ physicalId }) => physicalId),
    ),
  };
}

/** Of a queue: `plansDead` → `PlansDeadQueueUrl`. */
function urlOutput(queue: DeploymentQueue): string {
  return `${capital(queue)}QueueUrl`;
}

function capital(name: string): string {
  return `${name.charAt(0).toUpperCase()}${name.slice(1)}`;
}

function constructOf({ name, outputs }: StackView, construct: string | undefined): string {
  const found = Object.keys(outputs).flatMap((key) => (key.endsWith(OUTPUT) ? [key.slice(0, -OUTPUT.length)] : []));
  const wanted = construct === undefined ? found : found.filter((one) => one === construct);
  const [first, ...others] = wanted;
  if (first !== undefined && others.length === 0) return first;
  const there = found.map((one) => `--stack ${name}/${one}`).join(', ');
  throw new PieceworkError(
    'InvalidOption',
    found.length === 0
      ? `--stack: the stack "${name}" has no output …${OUTPUT}, so it holds no Piecework; check the name`
      : `--stack: say which deployment of the stack "${name}" is meant: ${there}`,
  );
}

function lacks({ name }: StackView, what: string): never {
  throw new PieceworkError(
    'InvalidOption',
    `--stack: the stack "${name}" lacks ${what}: it was deployed by another version of Piecework, or not to its end`,
  );
}
