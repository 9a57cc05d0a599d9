import type { Context } from 'hono';
import { handle } from 'hono/aws-lambda';
import { describe, expect, it } from 'vitest';
import { gatewayBasePath, gatewayOwner } from '../../lib/api/gateway.ts';
import { apiBench, GOOD } from '../support/api-bench.ts';

const asked = (requestContext: object, path = '/v1/transfers') =>
  ({ env: { event: { path, requestContext } } }) as unknown as Context;

describe('whose request it is, behind API Gateway', () => {
  it.each([
    ['a user', { identity: { userArn: 'arn:aws:iam::123456789012:user/ann' } }, 'arn:aws:iam::123456789012:user/ann'],
    [
      'a role, without its session',
      { identity: { userArn: 'arn:aws:sts::123456789012:assumed-role/Deploy/i-0abc' } },
      'arn:aws:sts::123456789012:assumed-role/Deploy',
    ],
    ['an API key', { identity: { userArn: null, apiKeyId: 'k1' } }, 'k1'],
    ['a Cognito user', { authorizer: { claims: { sub: 'u-1' } }, identity: {} }, 'u-1'],
    ["an authorizer's principal", { authorizer: { principalId: 'p-1' }, identity: { apiKeyId: 'k1' } }, 'p-1'],
    ['nobody', { identity: { userArn: null, apiKeyId: null } }, undefined],
  ])('%s', (_name, requestContext, owner) => {
    expect(gatewayOwner(asked(requestContext))).toBe(owner);
  });

  it('an API key by its name, where it has one, and never by its value', () => {
    const names = new Map([['k1', 'ingest']]);
    const keyed = (apiKeyId: string) => asked({ identity: { apiKeyId, apiKey: 'SECRET' } });
    expect(gatewayOwner(keyed('k1'), names)).toBe('ingest');
    expect(gatewayOwner(keyed('k2'), names)).toBe('k2');
    expect(gatewayOwner(asked({ identity: { apiKey: 'SECRET' } }), names)).toBeUndefined();
  });

  it('fits what a queue takes as a group, whoever it is', () => {
    for (const userArn of [`arn:aws:iam::123456789012:user/${'x'.repeat(600)}`, 'Jörg Müller']) {
      const owner = gatewayOwner(asked({ identity: { userArn } }));
      expect(owner).toMatch(/^[0-9a-f]{64}$/);
      expect(owner).not.toBe(gatewayOwner(asked({ identity: { userArn: `${userArn}2` } })));
    }
  });

  it('finds the stage before the path', () => {
    expect(gatewayBasePath(asked({ path: '/prod/v1/transfers' }))).toBe('/prod');
    expect(gatewayBasePath(asked({ path: '/v1/transfers' }))).toBe('');
    expect(gatewayBasePath({ env: undefined } as unknown as Context)).toBe('');
  });
});

describe('the API as a Lambda function', () => {
  const event = (over: object) => ({
    resource: '/{proxy+}',
    path: '/v1/transfers',
    httpMethod: 'POST',
    headers: { 'Content-Type': 'application/json', Host: 'id.execute-api.eu-central-1.amazonaws.com' },
    multiValueHeaders: { 'Content-Type': ['application/json'] },
    queryStringParameters: null,
    multiValueQueryStringParameters: null,
    pathParameters: null,
    stageVariables: null,
    isBase64Encoded: false,
    body: JSON.stringify(GOOD),
    requestContext: {
      path: '/prod/v1/transfers',
      domainName: 'id.execute-api.eu-central-1.amazonaws.com',
      identity: { userArn: 'arn:aws:iam::123456789012:user/ann' },
    },
    ...over,
  });

  it('answers through the stage, with problems as text', async () => {
    const bench = apiBench({ ownerOf: gatewayOwner, basePathOf: gatewayBasePath });
    const handler = handle(bench.app) as unknown as (
      event: object,
      context: object,
    ) => Promise<{
      statusCode: number;
      multiValueHeaders: Record<string, string[]>;
      body: string;
      isBase64Encoded: boolean;
    }>;
    const accepted = await handler(event({}), {});
    expect(accepted.statusCode).toBe(202);
    expect(accepted.multiValueHeaders['location']).toEqual([`/prod/v1/transfers/${JSON.parse(accepted.body).id}`]);
    const refused = await handler(event({ body: '{' }), {});
    expect(refused).toMatchObject({
      statusCode: 400,
      isBase64Encoded: false,
      multiValueHeaders: { 'content-type': ['application/problem+json'] },
    });
    expect(JSON.parse(refused.body)).toMatchObject({ code: 'InvalidOption', instance: '/prod/v1/transfers' });
  });
});
