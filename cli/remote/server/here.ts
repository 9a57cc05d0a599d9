import type { ApiClient } from '../../../lib/api/client/client.ts';
import { flagOf, variableOf } from '../../options/option.ts';
import type { SettingKey } from '../../options/table.ts';
import { writeLine } from '../../output/lines.ts';
import type { VerbCall } from '../../verb.ts';
import { openServer } from '../deployment.ts';

/* Verbs of this machine, where piecework serve has its state folder. Decision 29 says why they ask it. */

/** The server that is to be asked; `undefined` = none runs, or `--here` was said. */
export async function serverHere(call: VerbCall): Promise<ApiClient | undefined> {
  return call.settings.here === true ? undefined : await openServer(call);
}

/** How a process asks sources and stores: a server has its own. */
const OF_A_PROCESS: readonly SettingKey[] = [
  'limitRate',
  'noRescue',
  'directWrites',
  'netrc',
  'knownHosts',
  'sourceProfile',
  'connectTimeout',
  'headersTimeout',
  'stallTimeout',
  'minSpeed',
  'caFile',
  'profile',
  'region',
  'endpointUrl',
  'pathStyle',
];

/**
 * The server that is to bring what is asked for; `undefined` = this process does, which is said where a server runs
 * that can't be given something.
 * @param cant what it can't be given besides settings of this process. @default nothing
 */
export async function serverToBring(call: VerbCall, cant?: string): Promise<ApiClient | undefined> {
  const client = await serverHere(call);
  const reason = client === undefined ? undefined : (cant ?? givenOf(call));
  const { settings, context } = call;
  if (client === undefined || reason === undefined) {
    if (client !== undefined && settings.quiet !== true)
      writeLine(context.stderr, `given to the server at ${client.url}; --here would bring it by itself`);
    return client;
  }
  await client[Symbol.asyncDispose]();
  if (settings.quiet !== true)
    writeLine(context.stderr, `brought here, beside the server at ${client.url}, which can't be given ${reason}`);
  return undefined;
}

/** A setting of this process that was said for this call; the config file is the server's, too. */
function givenOf({ settings, commandLine, context }: VerbCall): string | undefined {
  const given = OF_A_PROCESS.find((key) => {
    if (settings[key] === undefined) return false;
    const flag = flagOf(key);
    const isFlag = commandLine.some((word) => word === flag || word.startsWith(`${flag}=`));
    return isFlag || (context.environment[variableOf(key)] ?? '').trim() !== '';
  });
  return given === undefined ? undefined : flagOf(given);
}
