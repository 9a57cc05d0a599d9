import type { ApiClient } from '../../../lib/api/client/client.ts';
import { PieceworkError } from '../../../lib/errors/error.ts';
import type { Hosts } from '../../../lib/index.ts';
import { localOptions } from '../../options/request.ts';
import { writeHosts } from '../../output/hosts.ts';
import type { Verb, VerbCall } from '../../verb.ts';
import { DEPLOYMENT_EXTRAS, openDeployment, openServer } from '../deployment.ts';
import { sayHome } from '../with-deployment.ts';

export const hostsVerb: Verb = {
  name: 'hosts',
  summary: 'show what was learned of the hosts of sources: connections, patience, rates, failures',
  description:
    'Where piecework serve runs, it says what it has seen since its start as well: connections that are open now, ' +
    'rates, pieces that were begun, and why some failed.',
  arguments: [],
  settings: 'hosts',
  extras: DEPLOYMENT_EXTRAS.filter(({ name }) => name !== 'stack'),
  examples: [
    { command: 'piecework hosts', what: 'how many connections each bears, and until when it is to be left alone' },
    { command: 'piecework hosts --json', what: 'the same for a program' },
  ],
  async run(call) {
    const deployment = await openDeployment(call);
    await using client = deployment ?? (call.extras['local'] === true ? undefined : await openServer(call));
    if (client !== undefined) {
      sayHome(call, client);
      return writeHosts(call, await hostsOf(call, client), client.url);
    }
    await using local = await call.context.openLocal(localOptions(call.settings));
    writeHosts(call, await local.hosts());
  },
};

async function hostsOf({ context: { signal } }: VerbCall, client: ApiClient): Promise<Hosts['hosts']> {
  const { features } = await client.service({ signal });
  if (features.includes('hosts')) return (await client.hosts({ signal })).hosts;
  throw new PieceworkError('InvalidOption', `${client.url} does not say what it has learned of hosts: ask a machine`);
}
