import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { secretReader } from '../../lib/local/sources/secret-references.ts';
import { thrownBy } from '../support/reading.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'piecework-secrets-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

test('a secret is a variable, else a file; a field is one of its JSON object', async () => {
  await mkdir(join(folder, 'team'));
  await writeFile(join(folder, 'team', 'login'), '{"user":"me","password":"hunter2"}\n');
  const read = secretReader({ PIECEWORK_SECRET_TOKEN: 'from-the-environment' }, folder);
  expect(read('secret://token')).toBe('from-the-environment');
  expect(read('secret://team/login#user')).toBe('me');
  expect(read('secret://team/login#password')).toBe('hunter2');
  expect(read('secret://team/login')).toBe('{"user":"me","password":"hunter2"}');
  expect(read('no reference#field')).toBe('no reference#field');
});

test.each([
  ['secret://login#none', 'no text in the field none'],
  ['secret://login#toString', 'no text in the field toString'],
  ['secret://login#port', 'no text in the field port'],
  ['secret://plain#field', 'leave out #field'],
  ['secret://absent#field', 'PIECEWORK_SECRET_ABSENT'],
  ['secret://ssm/team/login', 'secret://team/login'],
] as const)('%s: %s, and no value is told', async (reference, said) => {
  const read = secretReader(
    { PIECEWORK_SECRET_LOGIN: '{"password":"hunter2","port":1}', PIECEWORK_SECRET_PLAIN: 'hunter2' },
    folder,
  );
  const error = await thrownBy(() => read(reference), 'SecretMissing');
  expect(error.message).toContain(said);
  expect(JSON.stringify([error.message, error.details])).not.toContain('hunter2');
});

test.each(['secret://', 'secret://#a', 'secret://a#', 'secret://a#b#c', 'secret://../a', 'secret://a b'])(
  '%j is none',
  async (text) => {
    await thrownBy(() => secretReader({}, folder)(text), 'InvalidOption');
  },
);
