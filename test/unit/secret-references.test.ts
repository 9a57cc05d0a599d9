import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { SSMClient } from '@aws-sdk/client-ssm';
import { describe, expect, it } from 'vitest';
import { memorySecrets } from '../../lib/secrets/memory.ts';
import { secretReferences, withReferences } from '../../lib/secrets/references/secrets.ts';
import { awsSecretStores } from '../../lib/secrets/references/stores.ts';
import type { SourceLocator } from '../../lib/transfer/locators.ts';
import type { JsonAnswer } from '../support/json-client.ts';
import { jsonService } from '../support/json-client.ts';
import { failureOf, thrownBy } from '../support/reading.ts';

const URL_ = 'https://example.com/a';

function bench(answers: Readonly<Record<string, JsonAnswer>> = {}) {
  const fallback: JsonAnswer = { status: 400, code: 'ResourceNotFoundException', message: 'hunter2' };
  const stored: Record<string, JsonAnswer> = {
    'piecework/token': { body: { SecretString: 'hunter2' } },
    'piecework/json': { body: { SecretString: '{"user":"u","password":"hunter2","port":1}' } },
    'piecework/binary': { body: { SecretBinary: 'aHVudGVyMg==' } },
    '/piecework/parameter': { body: { Parameter: { Value: 'hunter2-of-ssm' } } },
    ...answers,
  };
  const service = jsonService(({ asked }) => stored[String(asked['SecretId'] ?? asked['Name'])] ?? fallback);
  let now = 0;
  const references = secretReferences({
    stores: async () =>
      awsSecretStores({
        secretsManager: new SecretsManagerClient(service.config),
        ssm: new SSMClient(service.config),
      }),
    keepMs: 1000,
    now: () => now,
  });
  const later = (ms: number): void => {
    now += ms;
  };
  const fill = (header: string): Promise<string | undefined> =>
    references.fill({ url: URL_, headers: { 'x-key': header } }).then(({ headers }) => headers?.['x-key']);
  return { references, fill, calls: service.calls, later };
}

describe('references to secrets', () => {
  it('are filled in wherever a header or credential is one, and nothing else is touched', async () => {
    const { references } = bench();
    const locator: SourceLocator = {
      url: 'https://example.com/secret://piecework/token',
      headers: {
        authorization: 'secret://piecework/token',
        accept: 'see secret://piecework/token',
        'x-p': 'secret://ssm/piecework/parameter',
      },
      auth: { kind: 'basic', user: 'secret://piecework/json#user', password: 'secret://piecework/json#password' },
      maxRedirects: 2,
    };
    const before = structuredClone(locator);
    expect(await references.fill(locator)).toEqual({
      ...before,
      headers: { ...before.headers, authorization: 'hunter2', 'x-p': 'hunter2-of-ssm' },
      auth: { kind: 'basic', user: 'u', password: 'hunter2' },
    });
    expect(locator).toEqual(before);
    expect(await references.fill({ url: URL_ })).toEqual({ url: URL_ });
  });

  it('are asked of the store that they name, decrypted', async () => {
    const { fill, calls } = bench();
    await fill('secret://piecework/token');
    await fill('secret://ssm/piecework/parameter');
    expect(calls).toEqual([
      { action: 'GetSecretValue', asked: { SecretId: 'piecework/token' } },
      { action: 'GetParameter', asked: { Name: '/piecework/parameter', WithDecryption: true } },
    ]);
  });

  it('are asked for once in a while, however many want them', async () => {
    const { fill, calls, later } = bench();
    await Promise.all([
      fill('secret://piecework/json#user'),
      fill('secret://piecework/json#password'),
      fill('secret://piecework/json'),
    ]);
    later(999);
    await fill('secret://piecework/json');
    expect(calls).toHaveLength(1);
    later(1);
    await fill('secret://piecework/json');
    expect(calls).toHaveLength(2);
  });

  it('that failed are asked for again', async () => {
    const { fill, calls } = bench();
    await failureOf(fill('secret://piecework/none'), 'SecretMissing');
    await failureOf(fill('secret://piecework/none'), 'SecretMissing');
    expect(calls).toHaveLength(2);
  });

  it.each([
    ['secret://piecework/none', 'SecretMissing', 'there is no such secret'],
    ['secret://ssm/piecework/none', 'SecretMissing', 'there is no such secret'],
    ['secret://piecework/denied', 'SecretMissing', 'secretsmanager:GetSecretValue'],
    ['secret://ssm/piecework/denied', 'SecretMissing', 'ssm:GetParameter'],
    ['secret://piecework/busy', 'HomeUnavailable', 'ThrottlingException'],
    ['secret://piecework/broken', 'HomeUnavailable', '500'],
    ['secret://piecework/binary', 'SecretMissing', 'holds no text'],
    ['secret://piecework/token#field', 'SecretMissing', 'not JSON'],
    ['secret://piecework/json#none', 'SecretMissing', 'no text in the field none'],
    ['secret://piecework/json#port', 'SecretMissing', 'no text in the field port'],
    ['secret://piecework/json#toString', 'SecretMissing', 'no text in the field toString'],
  ] as const)('%s is %s, and no value is told', async (reference, code, said) => {
    const denied: JsonAnswer = { status: 400, code: 'AccessDeniedException', message: 'hunter2' };
    const { fill } = bench({
      'piecework/denied': denied,
      '/piecework/denied': denied,
      'piecework/busy': { status: 400, code: 'ThrottlingException' },
      'piecework/broken': { status: 500, code: 'InternalServiceError' },
    });
    const error = await failureOf(fill(reference), code);
    expect(error.message).toContain(said);
    expect(error.message).toContain(reference.replace(/#.*/, ''));
    expect(JSON.stringify([error.message, error.details, error.cause instanceof SyntaxError])).not.toMatch(
      /hunter2|true/,
    );
  });

  it('reach only what is meant for transfers, and nobody is asked about the rest', async () => {
    const { references, fill, calls } = bench();
    for (const reference of [
      'secret://production/database',
      'secret://ssm/production/database',
      'secret://pieceworks',
      'secret://ssm/ssm/piecework/a',
    ]) {
      const error = await failureOf(fill(reference), 'SecretMissing');
      expect(error.message).toContain('piecework/');
      await thrownBy(() => references.check({ url: URL_, headers: { a: reference } }), 'SecretMissing');
    }
    expect(calls).toEqual([]);
  });

  it.each([
    'secret://',
    'secret://ssm/',
    'secret:///piecework/a',
    'secret://piecework/a b',
    'secret://piecework/a#',
    'secret://piecework/a#b#c',
    'secret://piecework/a?x=1',
    'secret://arn:aws:x',
  ])('%j is none', async (text) => {
    const { references, fill, calls } = bench();
    await failureOf(fill(text), 'InvalidOption');
    await thrownBy(() => references.check({ url: URL_, auth: { kind: 'bearer', token: text } }), 'InvalidOption');
    expect(calls).toEqual([]);
  });

  it('that are fine are let pass unasked', () => {
    const { references, calls } = bench();
    references.check({
      url: URL_,
      headers: { a: 'secret://piecework/token', b: 'plain' },
      auth: { kind: 'bearer', token: 'secret://ssm/piecework/x#y' },
    });
    references.check({ url: URL_ });
    expect(calls).toEqual([]);
  });

  it('are all refused where none may be used', async () => {
    const error = await thrownBy(
      () => secretReferences({ prefixes: [] }).check({ url: URL_, headers: { a: 'secret://piecework/a' } }),
      'SecretMissing',
    );
    expect(error.message).toBe('secret://piecework/a: no secret may be used in this deployment');
  });

  it('to a store that is not there are refused', async () => {
    const none = secretReferences({});
    for (const token of ['secret://piecework/a', 'secret://ssm/piecework/a'])
      await failureOf(none.fill({ url: URL_, auth: { kind: 'bearer', token } }), 'SecretMissing');
  });

  it('are sealed as they are, and filled in when unsealed', async () => {
    const { references } = bench();
    const inner = memorySecrets();
    const secrets = withReferences(inner, references);
    const locator: SourceLocator = { url: URL_, auth: { kind: 'bearer', token: 'secret://piecework/token' } };
    await secrets.seal('T', 1, locator);
    expect(await inner.unseal('T', 1)).toEqual(locator);
    expect(await secrets.unseal('T', 1)).toEqual({ url: URL_, auth: { kind: 'bearer', token: 'hunter2' } });
    expect(await secrets.unseal('T', 2)).toBeUndefined();
    await secrets.discard('T', 1);
    expect(await secrets.unseal('T', 1)).toBeUndefined();
  });
});
