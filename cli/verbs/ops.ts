import type { Deployment } from '../../lib/aws/ops/deployment/deployment.ts';
import { PieceworkError } from '../../lib/errors/error.ts';
import type { Verb, VerbCall } from '../verb.ts';

/** What an operator does to a deployment, and which of the options it takes. */
const ACTIONS = {
  doctor: [],
  replay: ['dry-run'],
  pause: ['because', 'timeout'],
  resume: ['timeout'],
  drain: ['timeout'],
} as const satisfies Readonly<Record<string, readonly string[]>>;
type Action = keyof typeof ACTIONS;

export const opsVerb: Verb = {
  name: 'ops',
  summary: 'look after a deployment on AWS',
  description:
    'doctor: looks at everything, changes nothing, and says what to do; ends with 0 only where nothing is broken. ' +
    'replay: sends dead letters and parked messages that are understood back to their queues; the others stay, and are ' +
    'named with why. pause: nothing is worked on any more, until resume; submits are taken. drain: waits until nothing ' +
    'is in flight. It asks AWS itself, with your credentials: docs/deploy.md has the rights that it needs.',
  arguments: [{ term: '<ACTION>', help: Object.keys(ACTIONS).join(', '), choices: Object.keys(ACTIONS) }],
  settings: 'ops',
  extras: [
    {
      name: 'stack',
      placeholder: 'NAME',
      help: 'the CloudFormation stack; NAME/CONSTRUCT where it holds several deployments',
    },
    { name: 'dry-run', help: 'of replay: say what it would do, and do nothing' },
    { name: 'because', placeholder: 'TEXT', help: 'of pause: why, for those who look' },
    {
      name: 'timeout',
      placeholder: 'TIME',
      help: 'how long drain waits (default: 1h), and pause and resume for AWS (default: 5m)',
    },
  ],
  examples: [
    { command: 'piecework ops doctor --stack Piecework', what: 'is anything wrong, and what to do' },
    { command: 'piecework ops replay --stack Piecework --dry-run', what: 'which messages would be sent back' },
    { command: 'piecework ops pause --stack Piecework --because "the source is being moved"', what: 'until resume' },
    {
      command: 'piecework ops drain --stack Piecework --timeout 30m',
      what: 'before an upgrade or the end of the stack',
    },
  ],
  async run(call) {
    const action = call.arguments[0] as Action;
    refuseForeign(call, action);
    const deployment = await deploymentOf(call);
    await (await VERBS[action]())(call, deployment);
  },
};

// Loaded only when needed: they bring clients of AWS that no other verb has.
const VERBS: Readonly<Record<Action, () => Promise<(call: VerbCall, deployment: Deployment) => Promise<void>>>> = {
  doctor: async () => (await import('../ops/doctor.ts')).doctor,
  replay: async () => (await import('../ops/replay.ts')).replayVerb,
  pause: async () => (await import('../ops/pause.ts')).pause,
  resume: async () => (await import('../ops/pause.ts')).resume,
  drain: async () => (await import('../ops/drain.ts')).drainVerb,
};

function refuseForeign({ extras }: VerbCall, action: Action): void {
  const taken: readonly string[] = ['stack', ...ACTIONS[action]];
  const foreign = Object.keys(extras).find((name) => extras[name] !== undefined && !taken.includes(name));
  if (foreign !== undefined) throw new PieceworkError('InvalidOption', `--${foreign} is no option of ops ${action}`);
}

async function deploymentOf({ extras, context }: VerbCall): Promise<Deployment> {
  const { stack } = extras;
  if (typeof stack !== 'string' || stack.trim() === '')
    throw new PieceworkError('InvalidOption', 'ops: name the deployment with --stack NAME');
  const { findDeployment } = await import('../../lib/aws/ops/deployment/read-stack.ts');
  return await findDeployment(stack.trim(), context.signal);
}
