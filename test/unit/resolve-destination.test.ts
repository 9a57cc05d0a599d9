import { expect, it } from 'vitest';
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

it('a file whose name looks like a store is to be had by a path', () => {
  expect(parse('./s3:a').locate('name')).toEqual({ kind: 'file', path: `${process.cwd()}/s3:a` });
});
