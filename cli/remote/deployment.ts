import type { ClientAuth } from '../../lib/api/client/authorizer.ts';
import type { ApiClient } from '../../lib/api/client/client.ts';
import { PieceworkError } from '../../lib/errors/error.ts';
import type { RunningServer } from '../../lib/index.ts';
import { stated } from '../../lib/values/stated.ts';
import { isLoopback } from '../../lib/values/web/hosts.ts';
import type { Verb, VerbCall } from '../verb.ts';

/** Which home a verb speaks to. What belongs to one call is no setting, so these are extras. */
export const DEPLOYMENT_EXTRAS: NonNullable<Verb['extras']> = [
  {
    name: 'api',
    placeholder: 'URL',
    help: 'ask the deployment with this API, not this machine (environment: PIECEWORK_API_URL)',
  },
  { name: 'stack', placeholder: 'NAME', help: 'the same, by the name of its CloudFormation stack' },
  { name: 'local', help: 'ask this machine, whatever PIECEWORK_API_URL says' },
];

/**
 * The variable that names a deployment, and those that hold its API key or a server's token: a secret has no place in a
 * process list.
 */
const URL_VARIABLE = 'PIECEWORK_API_URL';
const KEY_VARIABLE = 'PIECEWORK_API_KEY';
const TOKEN_VARIABLE = 'PIECEWORK_API_TOKEN';

/** An API that was asked for, and how it is asked. */
interface Deployment {
  readonly url: string;
  readonly auth: ClientAuth;
}

/** The deployment that was asked for; `undefined` = this machine. @throws as `findDeployment` */
export async function openDeployment(call: VerbCall): Promise<ApiClient | undefined> {
  const found = await findDeployment(call);
  if (found === undefined) return undefined;
  if ('pid' in found) return await clientOf(found);
  // Loaded only when needed: what runs on this machine alone is to start at once.
  const { createClient } = await import('../../lib/api/client/client.ts');
  return createClient({ ...found, userAgent: 'piecework-cli' });
}

/**
 * The deployment that was asked for, or the server of this machine if it is that; `undefined` = this machine.
 * @throws PieceworkError `InvalidOption`, and what finding a stack can throw.
 */
export async function findDeployment(call: VerbCall): Promise<Deployment | RunningServer | undefined> {
  const { extras, context } = call;
  const [api, stack] = [textOf(extras['api']), textOf(extras['stack'])];
  const said = [api !== undefined, stack !== undefined, extras['local'] === true].filter(Boolean).length;
  if (said > 1)
    throw new PieceworkError('InvalidOption', '--api, --stack and --local each name a home: give one of them');
  if (extras['local'] === true) return undefined;
  const given = api ?? (stack === undefined ? context.environment[URL_VARIABLE]?.trim() : undefined);
  if (stack === undefined && (given === undefined || given === '')) return undefined;
  const server = stack === undefined ? await serverAt(given ?? '', call) : undefined;
  if (server !== undefined) return server;
  const url = stack === undefined ? (given ?? '') : await (await import('./stack.ts')).apiUrlOfStack(stack, context);
  return { url, auth: authFor(url, stack !== undefined, context.environment) };
}

/** The server of this machine's state folder; `undefined` = none runs. */
export async function openServer({ settings, context }: VerbCall): Promise<ApiClient | undefined> {
  const server = await findServer(settings.stateDir, context.environment);
  return server === undefined ? undefined : await clientOf(server);
}

/** Asked by its URL, it is known, and so is where its token is. */
async function serverAt(url: string, { settings, context }: VerbCall): Promise<RunningServer | undefined> {
  const isHere = isLoopback(URL.parse(url)?.hostname ?? '');
  if (!isHere || context.environment[TOKEN_VARIABLE] !== undefined) return undefined;
  const server = await findServer(settings.stateDir, context.environment);
  return server !== undefined && URL.parse(server.url)?.origin === URL.parse(url)?.origin ? server : undefined;
}

// Loaded only when needed, too.
export async function findServer(stateDir: string | undefined, environment: NodeJS.ProcessEnv) {
  return await (await import('../../lib/local/server/presence.ts')).findServer(stateDir, environment);
}

async function clientOf({ url, socket, tokenFile }: RunningServer): Promise<ApiClient> {
  const { createClient } = await import('../../lib/api/client/client.ts');
  const { readToken } = await import('../../lib/local/server/token.ts');
  return createClient({
    url,
    auth: { kind: 'bearer', token: readToken(tokenFile) },
    userAgent: 'piecework-cli',
    ...stated({ socketPath: socket }),
  });
}

/** Whether a deployment could be meant: then even this machine says that it was it. */
export function mayMeanDeployment({ context }: VerbCall): boolean {
  return (context.environment[URL_VARIABLE] ?? '').trim() !== '';
}

/**
 * A token or an API key where one is set. Else a signature for what is API Gateway by its name, or wherever AWS
 * credentials were set on purpose. Anything else may be a service on this machine, and looking for credentials
 * takes long where there are none.
 */
function authFor(url: string, isStack: boolean, environment: NodeJS.ProcessEnv): ClientAuth {
  const token = environment[TOKEN_VARIABLE]?.trim();
  if (token !== undefined && token !== '') return { kind: 'bearer', token };
  const key = environment[KEY_VARIABLE]?.trim();
  if (key !== undefined && key !== '') return { kind: 'apiKey', key };
  const isGateway = /\.execute-api\.[a-z0-9-]+\.amazonaws\.com(\.cn)?$/.test(URL.parse(url)?.hostname ?? '');
  const meant = Boolean(environment['AWS_PROFILE'] || environment['AWS_ACCESS_KEY_ID']);
  return isStack || isGateway || meant ? { kind: 'aws' } : { kind: 'none' };
}

function textOf(value: string | boolean | undefined): string | undefined {
  return typeof value === 'string' ? value : undefined;
}
