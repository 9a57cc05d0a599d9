import { CfnOutput, Duration } from 'aws-cdk-lib';
import type { MethodOptions } from 'aws-cdk-lib/aws-apigateway';
import {
  ApiKeySourceType,
  AuthorizationType,
  EndpointType,
  LambdaIntegration,
  Period,
  RestApi,
} from 'aws-cdk-lib/aws-apigateway';
import { Construct } from 'constructs';
import { acknowledge } from './acknowledge.ts';
import type { PieceworkAuth, Settings } from './props/props.ts';
import type { StageFunction } from './stage-function.ts';

/**
 * The REST API: one function behind every path, since paths, bodies and errors are the
 * business of the app in `lib/api`.
 */
export class Api extends Construct {
  readonly rest: RestApi;

  constructor(scope: Construct, id: string, props: { readonly stage: StageFunction; readonly settings: Settings }) {
    super(scope, id);
    const { stage, settings } = props;
    const { auth, throttle } = settings;
    this.rest = new RestApi(this, 'Rest', {
      description: 'Piecework: transfers from URLs into object storage',
      endpointTypes: [EndpointType.REGIONAL],
      deployOptions: {
        stageName: 'prod',
        throttlingRateLimit: throttle.ratePerSecond,
        throttlingBurstLimit: throttle.burst,
      },
      // It is one per account and Region, and not ours to set.
      cloudWatchRole: false,
      ...(auth.kind === 'apiKey' ? { apiKeySourceType: ApiKeySourceType.HEADER } : {}),
      // Defaults of the whole API: options given to the proxy alone would leave "/" open to every caller.
      defaultMethodOptions: methodOptions(auth),
      // REST integrations end after 29 s; a long poll asks for 20 at most.
      defaultIntegration: new LambdaIntegration(stage.function, {
        proxy: true,
        allowTestInvoke: false,
        timeout: Duration.seconds(29),
      }),
    });
    this.rest.root.addProxy({ anyMethod: true });
    acknowledge(
      this,
      'AwsSolutions-APIG1',
      'AwsSolutions-APIG2',
      'AwsSolutions-APIG3',
      'AwsSolutions-APIG4',
      'AwsSolutions-APIG6',
      'AwsSolutions-COG4',
    );
    if (auth.kind === 'apiKey') this.#addKey(auth);
  }

  #addKey({ ratePerSecond = 10, burst = 20, requestsPerDay }: PieceworkAuth & { readonly kind: 'apiKey' }): void {
    const key = this.rest.addApiKey('Key', { description: 'Piecework' });
    const plan = this.rest.addUsagePlan('Plan', {
      description: 'Piecework',
      throttle: { rateLimit: ratePerSecond, burstLimit: burst },
      ...(requestsPerDay === undefined ? {} : { quota: { limit: requestsPerDay, period: Period.DAY } }),
    });
    plan.addApiKey(key);
    plan.addApiStage({ stage: this.rest.deploymentStage });
    new CfnOutput(this, 'KeyId', {
      value: key.keyId,
      description: 'aws apigateway get-api-key --include-value --api-key …',
    });
  }
}

function methodOptions(auth: PieceworkAuth): MethodOptions {
  switch (auth.kind) {
    case 'iam':
      return { authorizationType: AuthorizationType.IAM };
    case 'apiKey':
      return { authorizationType: AuthorizationType.NONE, apiKeyRequired: true };
    case 'authorizer':
      return { authorizer: auth.authorizer };
  }
}
