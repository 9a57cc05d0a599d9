/** What an app of yours imports: `piecework/cdk`. */
export type { PieceworkHome, PieceworkObjectProps } from './object/piecework-object.ts';
export { PieceworkObject } from './object/piecework-object.ts';
export { Piecework } from './piecework.ts';
export type { PieceworkOwnership, PieceworkQuotas } from './props/owners.ts';
export type {
  PieceworkAuth,
  PieceworkConsumer,
  PieceworkDestination,
  PieceworkLimits,
  PieceworkProps,
  PieceworkSourceBucket,
  PieceworkVpc,
} from './props/props.ts';
