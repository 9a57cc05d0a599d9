import { bigByScheme } from './big-by-scheme.ts';
import { bigOverHttps } from './big-over-https.ts';
import { killedAtHalf } from './killed-at-half.ts';
import { limitedPerConnection } from './limited-per-connection.ts';
import { manyAtOnce } from './many-at-once.ts';
import { manySmall } from './many-small.ts';
import { slowStoreTrial, smallToStoreTrial } from './many-to-store.ts';
import { serverSideCopy } from './server-side-copy.ts';
import { stragglers } from './stragglers.ts';
import type { Trial } from './trial.ts';

/** What `npm run bench -- --trial NAME` knows. */
export const TRIALS: Readonly<Record<string, Trial>> = {
  https: bigOverHttps,
  schemes: bigByScheme,
  limited: limitedPerConnection,
  kill: killedAtHalf,
  stragglers,
  many: manyAtOnce,
  small: manySmall,
  'small-to-store': smallToStoreTrial,
  'slow-store': slowStoreTrial,
  'server-side': serverSideCopy,
};
