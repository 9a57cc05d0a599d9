import { localKinds } from '../../lib/local/destinations/kinds.ts';
import { localDestinations } from '../../lib/local/destinations/local-destinations.ts';

/** One text per place, of whatever kind. */
export const { identity: identityOf } = localDestinations(localKinds({}));
