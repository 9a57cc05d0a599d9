import type { ApiClient } from '../../lib/api/client/client.ts';
import { PieceworkError } from '../../lib/errors/error.ts';
import { writeLine } from '../output/lines.ts';
import { isTerminal } from '../output/paint.ts';
import type { Verb, VerbCall } from '../verb.ts';
import { DEPLOYMENT_EXTRAS, mayMeanDeployment, openDeployment, openServer } from './deployment.ts';
import { serverHere } from './server/here.ts';

/** What a verb does when a deployment answers. */
export interface Remote {
  /** Of a deployment only. */
  readonly extras?: Verb['extras'];
  readonly examples?: Verb['examples'];
  run(call: VerbCall, client: ApiClient): Promise<void>;
  /**
   * The server of this machine is asked, too, for people: it knows what moves, and how fast. What a program reads has
   * one shape, that of the records. @default false
   */
  readonly isOfServer?: boolean;
}

/** A verb of this machine that a deployment can answer, too. It says which of them did. */
export function withDeployment(verb: Verb, remote: Remote): Verb {
  const { extras: own = [], examples = [] } = remote;
  return {
    ...verb,
    extras: [...(verb.extras ?? []), ...own, ...DEPLOYMENT_EXTRAS],
    examples: [...verb.examples, ...examples],
    async run(call) {
      // What only a deployment can do, the server of this machine can, too.
      const foreign = own.find(({ name }) => call.extras[name] !== undefined);
      const isHere = call.extras['local'] === true;
      const deployment = await openDeployment(call);
      await using client = deployment ?? (foreign === undefined || isHere ? undefined : await openServer(call));
      if (client !== undefined) {
        sayHome(call, client);
        return await remote.run(call, client);
      }
      if (foreign !== undefined) {
        throw new PieceworkError(
          'InvalidOption',
          `--${foreign.name} is for a deployment: name it with --api URL, --stack NAME or PIECEWORK_API_URL, or have piecework serve run on this machine`,
        );
      }
      if (remote.isOfServer === true && call.settings.json !== true) {
        await using server = await serverHere(call);
        if (server !== undefined) {
          if (isSaid(call)) sayHome(call, server);
          return await remote.run(call, server);
        }
      }
      const { stderr } = call.context;
      if (isSaid(call)) writeLine(stderr, 'answered by this machine');
      await verb.run(call);
    },
  };
}

/** Where only a deployment can be meant, and the output is for a program, it is not said. */
function isSaid(call: VerbCall): boolean {
  const { stderr, environment } = call.context;
  return call.settings.quiet !== true && (mayMeanDeployment(call) || isTerminal(stderr, environment));
}

export function sayHome({ context, settings }: VerbCall, client: ApiClient): void {
  if (settings.quiet !== true) writeLine(context.stderr, `answered by ${client.url}`);
}
