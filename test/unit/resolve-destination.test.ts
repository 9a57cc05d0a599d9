import { describe, expect, it } from 'vitest';
import { localKinds } from '../../lib/local/destinations/kinds.ts';
import { localDestinations } from '../../lib/local/destinations/local-destinations.ts';

const { parse } = localDestinations(localKinds({}));

it.each([
  ['', 'the destination is empty'],
  ['s3://', 'names no bucket'],
  ['s3://b/key', '"b" where the bucket stands'],
  ['s3:/bucket/key', 'S3 is s3://bucket/key, and a file of that name ./s3:/bucket/key'],
  ['S3:bucket', 'S3 is s3://bucket/key'],
  ['gs://bucket/key', 'is no destination'],
])('"%s" is no destination, and what is one is said', (text, sentence) => {
  const refused = expect.objectContaining({ code: 'InvalidDestination', message: expect.stringContaining(sentence) });
  expect(() => parse(text)).toThrow(refused);
});

it.each([
  ['x'.repeat(300), 'DestinationNotWritable'],
  [`${'x/'.repeat(3000)}y`, 'DestinationNotWritable'],
  ['me:secret@host/path', 'InvalidDestination'],
])('a path that no file system takes is refused in a sentence (%#)', (text, code) => {
  expect(() => parse(text)).toThrow(expect.objectContaining({ code }));
});

it('a file with a colon or an @ in its name is one', () => {
  for (const name of ['a:b', 'me@host', 'a@b:c', 'folder/a:b@c'])
    expect(parse(name).locate('name')).toEqual({ kind: 'file', path: `${process.cwd()}/${name}` });
});

it('a file whose name looks like a store is to be had by a path', () => {
  expect(parse('./s3:a').locate('name')).toEqual({ kind: 'file', path: `${process.cwd()}/s3:a` });
});

describe('a name that Piecework gives itself is no destination', () => {
  const refused = expect.objectContaining({
    code: 'InvalidDestination',
    message: expect.stringMatching(/choose another (?:key|name)$/),
  });
  const STAGED = 'a.bin.piecework-01K5Z8Q4M7N2R9T6V3W1X0Y5AB';

  it.each([
    [`s3://bucket/folder/${STAGED}`, 'name'],
    [`s3://bucket/${STAGED.toLowerCase()}`, 'name'],
    ['s3://bucket/folder/', STAGED],
    ['./.a.bin.piecework-0123456789abcdef.part', 'name'],
    ['/tmp/.a.bin.piecework-put-0123456789abcdef.journal', 'name'],
    ['./.a.bin.piecework.lock', 'name'],
    ['./', '.a.bin.piecework.lock.after-0123456789abcdef'],
  ])('%s, for a source named %s', (text, name) => {
    expect(() => parse(text).locate(name)).toThrow(refused);
  });

  it.each([
    `s3://bucket/${STAGED}.txt`,
    `s3://bucket/${STAGED}/a`,
    's3://bucket/a.piecework-01TRANSFER',
    's3://bucket/a.piecework-01K5Z8Q4M7N2R9T6V3W1X0Y5AI',
    `./${STAGED}`,
    './a.piecework.lock',
    './.piecework-0123456789abcdef.part',
  ])('but %s is one', (text) => {
    expect(parse(text).locate('name')).toBeDefined();
  });
});
