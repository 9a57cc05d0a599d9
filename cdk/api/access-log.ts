import type { StageOptions } from 'aws-cdk-lib/aws-apigateway';
import { AccessLogField, AccessLogFormat, LogGroupLogDestination } from 'aws-cdk-lib/aws-apigateway';
import { LogGroup } from 'aws-cdk-lib/aws-logs';
import type { Construct } from 'constructs';
import type { Settings } from '../props/props.ts';

/**
 * What API Gateway says of each request, also of those that it refuses itself and no function sees. Without path, query
 * and key, and without its own sentences (`error.message`), which quote what was signed.
 */
const FORMAT = AccessLogFormat.custom(
  JSON.stringify({
    requestId: AccessLogField.contextRequestId(),
    extendedRequestId: AccessLogField.contextExtendedRequestId(),
    time: AccessLogField.contextRequestTime(),
    method: AccessLogField.contextHttpMethod(),
    status: AccessLogField.contextStatus(),
    error: AccessLogField.contextErrorResponseType(),
    latencyMs: AccessLogField.contextResponseLatency(),
    responseBytes: AccessLogField.contextResponseLength(),
    sourceIp: AccessLogField.contextIdentitySourceIp(),
    userArn: AccessLogField.contextIdentityUserArn(),
    principalId: AccessLogField.contextAuthorizerPrincipalId(),
    apiKeyId: AccessLogField.contextIdentityApiKeyId(),
    tlsVersion: '$context.tlsVersion',
  }),
);

/** @returns nothing where the props ask for no access log. */
export function accessLog(
  scope: Construct,
  { accessLog: wanted, logRetention, removalPolicy }: Settings,
): StageOptions {
  if (wanted === undefined) return {};
  const group = new LogGroup(scope, 'AccessLog', { retention: wanted.retention ?? logRetention, removalPolicy });
  return { accessLogDestination: new LogGroupLogDestination(group), accessLogFormat: FORMAT };
}
