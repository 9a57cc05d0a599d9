import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parseFile } from '../../lib/destinations/file/locator.ts';
import { holdsSecret, redactUrl } from '../../lib/errors/redact.ts';
import { fileSource } from '../../lib/sources/file.ts';
import { ftpTarget } from '../../lib/sources/ftp/url.ts';
import { s3Target } from '../../lib/sources/s3/url.ts';
import { sftpTarget } from '../../lib/sources/sftp/url.ts';
import { hasDotSegments } from '../../lib/values/web/written-path.ts';
import { call, readAll } from '../support/reading.ts';

const keyOf = (url: string) => s3Target({ url }, {}).object.key;
const ftpPath = (url: string) => Buffer.from(ftpTarget({ url }).path, 'latin1').toString();
const sftpPath = (url: string) => sftpTarget({ url }, 'me').path;

describe('a key or a path is the one that was written', () => {
  test.each([
    ['s3://bucket/report#3.bin', 'report#3.bin'],
    ['s3://bucket/a#b/c#', 'a#b/c#'],
    ['s3://bucket/a\\b', 'a\\b'],
    ['s3://bucket/two  spaces ', 'two  spaces '],
    ['s3://bucket/tab\there', 'tab\there'],
    ['s3://bucket//a//b', '/a//b'],
    ['s3://bucket/100%25', '100%'],
    ['s3://bucket/..a/b../...', '..a/b../...'],
  ])('%s', (url, key) => expect(keyOf(url)).toBe(key));

  test('ftp and sftp', () => {
    expect(ftpPath('ftp://host/a/report#3?.bin')).toBe('a/report#3?.bin');
    expect(ftpPath('ftp://host/a\\b')).toBe('a\\b');
    expect(sftpPath('sftp://host/a/report#3?.bin')).toBe('/a/report#3?.bin');
    expect(sftpPath('sftp://host/a\\b')).toBe('/a\\b');
  });

  test('a version may follow a key', () => {
    const { object, versionId } = s3Target({ url: 's3://bucket/a#b?versionId=v1' }, {});
    expect([object.key, versionId]).toEqual(['a#b', 'v1']);
  });

  test('whatever it holds, and again from what is stored of it', () => {
    const written = (path: string) => path.replaceAll('%', '%25').replaceAll('?', '%3F');
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', minLength: 1 }), (path) => {
        const url = `s3://bucket/${written(path)}`;
        fc.pre(!path.endsWith('/') && !hasDotSegments(url) && !holdsSecret(url));
        expect(keyOf(url)).toBe(path);
        expect(keyOf(redactUrl(url))).toBe(path);
        expect(sftpPath(`sftp://host/${written(path)}`).replace(/^\.\//, '/~/')).toBe(`/${path}`);
      }),
    );
  });
});

describe('a path with . or .. is refused, since something else would be brought', () => {
  const PATHS = ['a/../k.bin', 'a/%2e%2e/k.bin', 'a/.%2E/k.bin', './k.bin', 'a/./k.bin', 'a/..', '%2e/k', 'a#/../k'];
  const sentence = /written with \. or \.\. as a part of its path/;

  test.each(PATHS)('%s', async (path) => {
    expect(() => keyOf(`s3://bucket/${path}`)).toThrow(sentence);
    expect(() => ftpPath(`ftp://host/${path}`)).toThrow(sentence);
    expect(() => sftpPath(`sftp://host/${path}`)).toThrow(sentence);
    await expect(probeFile(`file:///${path}`)).rejects.toThrow(sentence);
  });
});

describe('a file: URL', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'piecework-path-'));
    for (const name of ['report', 'report#3', 'report?4']) await writeFile(join(folder, name), name);
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  test.each(['report', 'report#3', 'report?4'])('%s, as a source and as a destination', async (name) => {
    const url = `${pathToFileURL(folder).href}/${name}`;
    expect(await probeFile(url)).toBe(name);
    expect(parseFile(url)?.locate('x')).toEqual({ kind: 'file', path: join(folder, name) });
  });
});

async function probeFile(url: string): Promise<string> {
  await using probe = await fileSource().probe({ url }, 'all', call());
  return (await readAll(probe.body)).toString();
}
