import { expect, it } from 'vitest';
import { parseDestination } from '../../lib/local/destinations/parse-destination.ts';

it.each([
  ['', 'the destination is empty'],
  ['s3://', 'names no bucket'],
  ['s3://b/key', '"b" where the bucket stands'],
  ['s3:/bucket/key', 'S3 is s3://bucket/key, and a file of that name ./s3:/bucket/key'],
  ['S3:bucket', 'S3 is s3://bucket/key'],
  ['gs://bucket/key', 'is no destination'],
])('"%s" is no destination, and what is one is said', (text, sentence) => {
  const refused = expect.objectContaining({ code: 'InvalidDestination', message: expect.stringContaining(sentence) });
  expect(() => parseDestination(text, {})).toThrow(refused);
});

it('a file whose name looks like a store is to be had by a path', () => {
  expect(parseDestination('./s3:a', {}).locate('name')).toEqual({ kind: 'file', path: `${process.cwd()}/s3:a` });
});
