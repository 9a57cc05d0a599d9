import type { CfnElement } from 'aws-cdk-lib';
import { Duration, RemovalPolicy, Stack, Validations } from 'aws-cdk-lib';
import type { RestApi } from 'aws-cdk-lib/aws-apigateway';
import { PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Architecture, Function as LambdaFunction, Runtime } from 'aws-cdk-lib/aws-lambda';
import { LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs';
import type { IBucket } from 'aws-cdk-lib/aws-s3';
import { Provider } from 'aws-cdk-lib/custom-resources';
import { Construct } from 'constructs';
import { ENV, OBJECT } from '../../lib/aws/names.ts';
import { acknowledgePrefix } from '../acknowledge.ts';
import { bundleOf } from '../bundle.ts';

/** A custom resource must be there within an hour; the transfer's own deadline is before that. */
const MOST = Duration.hours(1);
/** One look waits ten seconds for a change. */
const FUNCTION_TIMEOUT = Duration.seconds(60);

/** What brings all objects of one deployment's stack: two functions of one role, behind CDK's provider framework. */
export class ObjectProvider extends Construct {
  readonly serviceToken: string;
  readonly #role: Role;

  /** The one of this deployment, made with its first object. */
  static of(home: Construct & { readonly api: RestApi }): ObjectProvider {
    const there = home.node.tryFindChild('Objects');
    return there instanceof ObjectProvider ? there : new ObjectProvider(home, 'Objects', home.api);
  }

  private constructor(scope: Construct, id: string, api: RestApi) {
    super(scope, id);
    const logGroup = new LogGroup(this, 'Log', {
      retention: RetentionDays.ONE_MONTH,
      removalPolicy: RemovalPolicy.DESTROY,
    });
    // One for both: what one submits the other may see, whatever `ownership` says.
    this.#role = new Role(this, 'Role', {
      assumedBy: new ServicePrincipal('lambda.amazonaws.com'),
      description: 'Piecework: brings the objects that a stack asks for',
    });
    logGroup.grantWrite(this.#role);
    this.#allow(
      'CallApi',
      ['execute-api:Invoke'],
      [api.arnForExecuteApi('POST', '/v1/transfers', 'prod'), api.arnForExecuteApi('GET', '/v1/transfers/*', 'prod')],
    );
    const made = (name: string, what: string) =>
      new LambdaFunction(this, name, {
        description: `Piecework: ${what}`,
        code: bundleOf(OBJECT),
        handler: `index.${name}`,
        runtime: Runtime.NODEJS_24_X,
        architecture: Architecture.ARM_64,
        memorySize: 256,
        timeout: FUNCTION_TIMEOUT,
        role: this.#role,
        logGroup,
        environment: { NODE_OPTIONS: '--enable-source-maps', [ENV.apiUrl]: api.url },
      });
    const onEventHandler = made('onEvent', 'begins to bring an object of a stack');
    const isCompleteHandler = made('isComplete', 'says whether an object of a stack is there');
    const provider = new Provider(this, 'Provider', {
      onEventHandler,
      isCompleteHandler,
      queryInterval: Duration.seconds(10),
      totalTimeout: MOST,
      logGroup,
      disableWaiterStateMachineLogging: true,
    });
    acknowledgeFramework(provider, onEventHandler, isCompleteHandler);
    this.serviceToken = provider.serviceToken;
  }

  /** For an object that goes with its resource. */
  allowDelete(bucket: IBucket, key: string): void {
    this.#allow(undefined, ['s3:GetObject', 's3:DeleteObject'], [bucket.arnForObjects(key)]);
    this.#allow(undefined, ['s3:ListBucket'], [bucket.bucketArn]);
  }

  #allow(sid: string | undefined, actions: string[], resources: string[]): void {
    this.#role.addToPolicy(new PolicyStatement({ ...(sid === undefined ? {} : { sid }), actions, resources }));
    for (const resource of resources) acknowledgePrefix(this.#role, resource);
  }
}

/** What cdk-nag says of the functions that CDK's framework makes, which are not ours to shape. */
function acknowledgeFramework(provider: Provider, ...ours: readonly LambdaFunction[]): void {
  const stack = Stack.of(provider);
  const reason =
    'Made by the provider framework of aws-cdk-lib, which chooses the roles of its functions and its state machine: they write their log, and call the two functions of PieceworkObject and each other in any version.';
  const theirs = provider.node.findAll().filter((one) => one instanceof LambdaFunction);
  const callable = [...ours, ...theirs].map((one) => stack.getLogicalId(one.node.defaultChild as CfnElement));
  const ids = [
    'AwsSolutions-IAM4[Policy::arn:<AWS::Partition>:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole]',
    // Its look every ten seconds would be a line each; that the transfer has a trail in its own log is enough.
    'AwsSolutions-SF1',
    'AwsSolutions-SF2',
    ...callable.map((name) => `AwsSolutions-IAM5[Resource::<${name}.Arn>:*]`),
  ];
  for (const id of ids) Validations.of(provider).acknowledge({ id, reason });
}
