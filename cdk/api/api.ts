import { Duration, Stack } from 'aws-cdk-lib';
import type { CfnRestApi, MethodOptions } from 'aws-cdk-lib/aws-apigateway';
import {
  ApiKeySourceType,
  AuthorizationType,
  EndpointType,
  LambdaIntegration,
  RestApi,
} from 'aws-cdk-lib/aws-apigateway';
import { Construct } from 'constructs';
import { ENV } from '../../lib/aws/names.ts';
import { acknowledge } from '../acknowledge.ts';
import type { PieceworkAuth, Settings } from '../props/props.ts';
import type { StageFunction } from '../stage-function.ts';
import { accessLog } from './access-log.ts';
import { addKeys } from './keys.ts';

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
        ...accessLog(this, settings),
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
    // The construct has no props for these yet.
    const api = this.rest.node.defaultChild as CfnRestApi;
    api.securityPolicy = settings.tlsPolicy;
    api.endpointAccessMode = 'BASIC';
    acknowledge(
      this,
      'AwsSolutions-APIG2',
      'AwsSolutions-APIG3',
      'AwsSolutions-APIG4',
      'AwsSolutions-APIG6',
      'AwsSolutions-COG4',
    );
    if (settings.accessLog === undefined) acknowledge(this, 'AwsSolutions-APIG1');
    if (auth.kind !== 'apiKey') return;
    const keys = addKeys(this, this.rest, auth);
    if (keys.length > 0) stage.function.addEnvironment(ENV.apiKeys, Stack.of(this).toJsonString(keys));
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
