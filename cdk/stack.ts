import type { StackProps } from 'aws-cdk-lib';
import {
  Annotations,
  CfnOutput,
  CfnParameter,
  CfnWaitConditionHandle,
  Duration,
  RemovalPolicy,
  Stack,
} from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { itemsOf } from './context/forms.ts';
import type { StackSettings } from './context/settings.ts';
import { propsOf } from './context/settings.ts';
import { Piecework } from './piecework.ts';
import type { PieceworkProps } from './props/props.ts';
import { PieceworkPropsError } from './props/props-error.ts';

/** Piecework as a stack of its own, for those who have no CDK app. */
export class PieceworkStack extends Stack {
  /** `undefined` where no destination is given: such a stack can't be deployed. */
  readonly piecework?: Piecework;

  constructor(scope: Construct, id: string, props: StackProps & { readonly settings: StackSettings }) {
    super(scope, id, { description: 'Piecework: moves any URL into S3, piece by piece', ...props });
    if (itemsOf(props.settings.destinations ?? '').length === 0) this.#askForDestinations();
    else this.piecework = new Piecework(this, 'Piecework', this.#props(props.settings));
  }

  /**
   * `cdk bootstrap` and `cdk destroy` evaluate the app too, and need no destination. To deploy or show the stack is an
   * error; the parameter without a value is one for CloudFormation as well, so that no stack that runs is replaced.
   */
  #askForDestinations(): void {
    Annotations.of(this).addError(
      'say where transfers may write: cdk deploy -c destinations=s3://bucket/prefix/ (several with commas between them).',
    );
    const unset = new CfnParameter(this, 'Destinations', { description: 'set by cdk deploy -c destinations=…' });
    new CfnOutput(this, 'WritesTo', { value: unset.valueAsString });
    new CfnWaitConditionHandle(this, 'Nothing');
  }

  #props(settings: StackSettings): PieceworkProps {
    const { standIn = 'false' } = settings;
    if (standIn !== 'true' && standIn !== 'false')
      throw new PieceworkPropsError(`standIn must be true or false, and is "${standIn}".`);
    return { destinations: [], ...(standIn === 'true' ? STAND_IN : {}), ...propsOf(settings, this) };
  }
}

/**
 * What a stand-in can't hold, or makes slow: nothing outlives it, so nothing is retained; each function is a process of
 * one machine, so there are few; nothing is on its way for minutes, so a cancelled transfer is cleaned up within a
 * minute. docs/localstack.md lists what is different there.
 */
const STAND_IN: Partial<PieceworkProps> = {
  removalPolicy: RemovalPolicy.DESTROY,
  // LocalStack does not say who signed a request.
  defaultOwner: 'local',
  dashboard: false,
  maxPlanners: 4,
  maxFetchers: 4,
  pieceTimeout: Duration.seconds(20),
  planTimeout: Duration.seconds(60),
  lateArrival: Duration.seconds(0),
};
