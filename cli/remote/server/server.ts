import type { ApiClient } from '../../../lib/api/client/client.ts';
import { PieceworkError } from '../../../lib/errors/error.ts';
import type { VerbCall } from '../../verb.ts';
import { DEPLOYMENT_EXTRAS, openDeployment, openServer } from '../deployment.ts';

/* What the verbs of `piecework serve` have in common. */

export const SERVER_EXTRAS = DEPLOYMENT_EXTRAS.filter(({ name }) => name === 'api');

/** @throws PieceworkError `InvalidOption`: no server runs. */
export async function serverOf(call: VerbCall): Promise<ApiClient> {
  const client = (await openDeployment(call)) ?? (await openServer(call));
  if (client !== undefined) return client;
  throw new PieceworkError(
    'InvalidOption',
    'no piecework serve runs on this state folder: start it, or name another with --state-dir or --api URL',
  );
}
