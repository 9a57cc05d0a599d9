import { RemovalPolicy } from 'aws-cdk-lib';
import { Match } from 'aws-cdk-lib/assertions';
import { SecurityPolicy, TokenAuthorizer } from 'aws-cdk-lib/aws-apigateway';
import { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import { RetentionDays } from 'aws-cdk-lib/aws-logs';
import { describe, expect, test } from 'vitest';
import { pieceworkStack, readable, resourcesOf, templateOf } from './cdk-template.ts';

const template = templateOf(pieceworkStack(() => ({})));

describe('the API', () => {
  test('is regional, throttled, and takes signed requests only', () => {
    template.hasResourceProperties('AWS::ApiGateway::RestApi', { EndpointConfiguration: { Types: ['REGIONAL'] } });
    template.hasResourceProperties('AWS::ApiGateway::Stage', {
      StageName: 'prod',
      MethodSettings: [
        Match.objectLike({ ThrottlingRateLimit: 50, ThrottlingBurstLimit: 100, ResourcePath: '/*', HttpMethod: '*' }),
      ],
    });
    const methods = resourcesOf(template, 'AWS::ApiGateway::Method');
    expect(methods.length).toBeGreaterThan(0);
    for (const [, { Properties }] of methods)
      expect(Properties).toMatchObject({ AuthorizationType: 'AWS_IAM', HttpMethod: 'ANY' });
    template.resourceCountIs('AWS::ApiGateway::Account', 0);
  });

  test('speaks TLS 1.2 or 1.3 only, or what the prop says', () => {
    const tls = (SecurityPolicy: string) => ({ SecurityPolicy, EndpointAccessMode: 'BASIC' });
    template.hasResourceProperties('AWS::ApiGateway::RestApi', tls('SecurityPolicy_TLS13_1_2_PFS_PQ_2025_09'));
    const strict = templateOf(pieceworkStack(() => ({ tlsPolicy: SecurityPolicy.TLS13_1_3_2025_09 })));
    strict.hasResourceProperties('AWS::ApiGateway::RestApi', tls('SecurityPolicy_TLS13_1_3_2025_09'));
  });

  test('has an access log where it is asked for, which holds nothing that a caller wrote', () => {
    expect(JSON.stringify(template.findResources('AWS::ApiGateway::Stage'))).not.toContain('AccessLogSetting');
    const logged = templateOf(
      pieceworkStack(() => ({
        accessLog: { retention: RetentionDays.ONE_YEAR },
        removalPolicy: RemovalPolicy.DESTROY,
      })),
    );
    const [stage] = resourcesOf(logged, 'AWS::ApiGateway::Stage');
    const { DestinationArn, Format } = Object(stage?.[1].Properties['AccessLogSetting']) as Record<string, unknown>;
    expect(readable(DestinationArn)).toBe('{PieceworkApiAccessLog}');
    const fields = JSON.parse(String(Format)) as Record<string, string>;
    expect(Object.values(fields).every((field) => /^\$context\.[A-Za-z.]+$/.test(field))).toBe(true);
    expect(fields).toMatchObject({ requestId: '$context.requestId', status: '$context.status' });
    // The raw path, the query, a key, and sentences that quote what was signed.
    const forbidden =
      /\.path$|\.(apiKey|authority|message|messageString|responseOverride|userAgent)$|querystring|header/i;
    expect(Object.values(fields).filter((field) => forbidden.test(field))).toEqual([]);
    logged.resourcePropertiesCountIs('AWS::Logs::LogGroup', { RetentionInDays: 365 }, 1);
    // It is one per account and Region.
    logged.resourceCountIs('AWS::ApiGateway::Account', 0);
  });

  test('takes a key for each consumer, each with limits of its own, and knows them by name', () => {
    const keys = [{ name: 'ingest', ratePerSecond: 5, burst: 9, requestsPerDay: 1000 }, { name: 'report' }];
    const keyed = templateOf(pieceworkStack(() => ({ auth: { kind: 'apiKey', keys } })));
    keyed.resourceCountIs('AWS::ApiGateway::ApiKey', 2);
    keyed.resourceCountIs('AWS::ApiGateway::UsagePlan', 2);
    const plans = resourcesOf(keyed, 'AWS::ApiGateway::UsagePlan').map(([, { Properties }]) => Properties);
    expect(plans).toMatchObject([
      {
        Description: 'Piecework: ingest',
        Throttle: { RateLimit: 5, BurstLimit: 9 },
        Quota: { Limit: 1000, Period: 'DAY' },
      },
      { Description: 'Piecework: report', Throttle: { RateLimit: 10, BurstLimit: 20 } },
    ]);
    const pairs = resourcesOf(keyed, 'AWS::ApiGateway::UsagePlanKey').map(([, { Properties }]) =>
      [Properties['KeyId'], Properties['UsagePlanId']].map(readable),
    );
    expect(pairs).toEqual([
      ['{PieceworkApiConsumeringestKey}', '{PieceworkApiRestPlaningest}'],
      ['{PieceworkApiConsumerreportKey}', '{PieceworkApiRestPlanreport}'],
    ]);
    const [api] = resourcesOf(keyed, 'AWS::Lambda::Function').filter(([id]) => id.startsWith('PieceworkApiStage'));
    const { Variables } = Object(api?.[1].Properties['Environment']) as { Variables: Record<string, unknown> };
    expect(readable(Variables['PIECEWORK_API_KEYS'])).toBe(
      '[{"id":"{PieceworkApiConsumeringestKey}","name":"ingest"},{"id":"{PieceworkApiConsumerreportKey}","name":"report"}]',
    );
    expect(Object.keys(keyed.findOutputs('*')).filter((name) => name.includes('KeyId'))).toHaveLength(2);
  });

  test('takes an API key with a usage plan instead', () => {
    const keyed = templateOf(
      pieceworkStack(() => ({ auth: { kind: 'apiKey', ratePerSecond: 5, burst: 9, requestsPerDay: 1000 } })),
    );
    for (const [, { Properties }] of resourcesOf(keyed, 'AWS::ApiGateway::Method'))
      expect(Properties).toMatchObject({ AuthorizationType: 'NONE', ApiKeyRequired: true });
    keyed.hasResourceProperties('AWS::ApiGateway::UsagePlan', {
      Throttle: { RateLimit: 5, BurstLimit: 9 },
      Quota: { Limit: 1000, Period: 'DAY' },
    });
    keyed.resourceCountIs('AWS::ApiGateway::UsagePlanKey', 1);
  });

  test('or an authorizer of the caller', () => {
    const own = templateOf(
      pieceworkStack((scope) => ({
        auth: {
          kind: 'authorizer',
          authorizer: new TokenAuthorizer(scope, 'Own', {
            handler: LambdaFunction.fromFunctionName(scope, 'Judge', 'judge'),
          }),
        },
      })),
    );
    for (const [, { Properties }] of resourcesOf(own, 'AWS::ApiGateway::Method'))
      expect(Properties).toMatchObject({ AuthorizationType: 'CUSTOM', AuthorizerId: expect.anything() });
  });
});
