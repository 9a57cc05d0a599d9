import { expect, test } from 'vitest';
import { memorySecrets } from '../../lib/secrets/memory.ts';
import { allOf } from '../support/reading.ts';

const locator = { url: 'https://user:password@example.com/?signature=1', headers: { cookie: 'a=b' } };

test('a locator is kept for its run, and for no other', async () => {
  const secrets = memorySecrets();
  await secrets.seal('T', 1, locator);
  expect(await secrets.unseal('T', 1)).toEqual(locator);
  expect(await secrets.unseal('T', 2)).toBeUndefined();
  expect(await secrets.unseal('U', 1)).toBeUndefined();
});

test('what was sealed does not change with what was given', async () => {
  const secrets = memorySecrets();
  const given = { url: 'https://example.com/', headers: { cookie: 'a=b' } };
  await secrets.seal('T', 1, given);
  given.headers.cookie = 'changed';
  expect(await secrets.unseal('T', 1)).toMatchObject({ headers: { cookie: 'a=b' } });
});

test('discarded it is gone, and that twice is no error', async () => {
  const secrets = memorySecrets();
  await secrets.seal('T', 1, locator);
  await secrets.discard('T', 1);
  await secrets.discard('T', 1);
  expect(await secrets.unseal('T', 1)).toBeUndefined();
});

test('all that are sealed are listed by name', async () => {
  const secrets = memorySecrets();
  await secrets.seal('T', 1, locator);
  await secrets.seal('U', 2, locator);
  await secrets.seal('V', 1, locator);
  await secrets.discard('V', 1);
  expect(await allOf(secrets.list())).toEqual([
    { transferId: 'T', run: 1 },
    { transferId: 'U', run: 2 },
  ]);
});
