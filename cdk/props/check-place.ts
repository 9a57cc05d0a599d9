import { RemovalPolicy } from 'aws-cdk-lib';
import type { Settings } from './props.ts';
import { PieceworkPropsError, refuseUnknown } from './props-error.ts';

/** Where the functions are, and what becomes of what is stored. @throws PieceworkPropsError */
export function checkPlace({ vpc, removalPolicy, autoDeleteRecords }: Settings): void {
  if (autoDeleteRecords && removalPolicy !== RemovalPolicy.DESTROY)
    throw new PieceworkPropsError(
      'autoDeleteRecords empties the records bucket when the stack goes, and removalPolicy keeps it: set removalPolicy to DESTROY as well.',
    );
  if (vpc === undefined) return;
  refuseUnknown('vpc', 'setting', vpc, ['vpc', 'subnets', 'securityGroups']);
  if (typeof vpc.vpc?.selectSubnets !== 'function')
    throw new PieceworkPropsError(
      'vpc must be { vpc } with a construct: a Vpc, or Vpc.fromLookup(this, "Id", { vpcId }); subnets and securityGroups may stand beside it.',
    );
}
