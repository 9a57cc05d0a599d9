import { readFile } from 'node:fs/promises';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { ListInput, Outcome } from '../../lib/index.ts';
import type { BatchBench } from '../support/batch-bench.ts';
import { batchBench, reported, sha256 } from '../support/batch-bench.ts';
import { filesAtRest } from '../support/files-under.ts';
import { patternBytes } from '../support/pattern.ts';

let bench: BatchBench;

beforeEach(async () => {
  bench = await batchBench();
});

afterEach(async () => {
  await bench[Symbol.asyncDispose]();
});

const digestOf = (seed: number) => sha256(patternBytes(0, 50, seed));
const asked = (path: string) => bench.origin.requests.filter(({ url }) => url.startsWith(path)).length;

function serve(paths: readonly string[]): readonly string[] {
  return paths.map((path, seed) => bench.origin.serve(path, { size: 50, seed }));
}

async function bring(lines: readonly string[], list: Omit<ListInput, 'from'>): Promise<readonly Outcome[]> {
  const from = await bench.listFile(lines, 'list.csv');
  return await reported(await bench.bring(from, { list: { from, ...list } }));
}

const ends = (outcomes: readonly Outcome[]) => outcomes.map(({ kind, error }) => error?.code ?? kind);

test('a checksum file is asked for once for the entries of a shard, and files are found in it by their paths', async () => {
  const urls = serve(['/d/a.bin', '/d/in/b%20c.bin', '/d/c.bin', '/d/missing-in-it.bin']);
  const sums = [`${digestOf(0)}  ./a.bin`, `${digestOf(1)} *in/b c.bin`, `${digestOf(9)}  c.bin`, 'no line of it'];
  const checksumsFrom = bench.origin.serve('/d/SHA256SUMS', { bytes: Buffer.from(sums.join('\n')) });
  const outcomes = await bring(urls, { checksumsFrom });
  expect(ends(outcomes)).toEqual(['done', 'done', 'DigestMismatch', 'DigestMissing']);
  expect(outcomes[0]?.digests).toMatchObject({ sha256: digestOf(0) });
  expect(asked('/d/SHA256SUMS')).toBe(1);
  expect(asked('/d/missing-in-it.bin')).toBe(0);
});

test('one for each folder is a template; one that is not there fails its entries, and what may pass is tried again', async () => {
  const [a = '', b = '', c = ''] = serve(['/x/a.bin', '/y/b.bin', '/z/c.bin']);
  const folders = [a, b, c].map((url) => url.replace(/\/[^/]*$/, ''));
  bench.origin.serve('/x/SUMS', { bytes: Buffer.from(`${digestOf(0)}  a.bin\n`), refuse: { times: 2, status: 503 } });
  bench.origin.serve('/y/SUMS', { bytes: Buffer.from(`MD5 (b.bin) = ${'0'.repeat(32)}\n`) });
  const rows = [a, b, c].map((url, index) => `${url},${folders[index]}`);
  const outcomes = await bring(['url,folder', ...rows], { checksumsFrom: '{folder}/SUMS' });
  expect(ends(outcomes)).toEqual(['done', 'DigestMismatch', 'SourceNotFound']);
  expect(outcomes[2]?.error?.message).toContain('/z/SUMS');
  expect(asked('/x/SUMS')).toBe(3);
});

test('a secret in its URL is kept nowhere', async () => {
  const urls = serve(['/d/a.bin']);
  bench.origin.serve('/d/SUMS', { bytes: Buffer.from('<html>no checksums</html>\n') });
  const checksumsFrom = `${bench.origin.base}/d/SUMS?sig=canary`;
  expect(ends(await bring(urls, { checksumsFrom }))).toEqual(['DigestMissing']);
  for (const path of await filesAtRest(bench.folder)) expect(await readFile(path, 'latin1')).not.toContain('canary');
});

test('of mirrors that all fail, the best one says why', async () => {
  const [a = ''] = serve(['/d/a.bin']);
  const lines = [`${a}\t${bench.origin.base}/none`, ` checksum=sha-256=${digestOf(5)}`];
  const { failures } = await bench.bring(await bench.listFile(lines, 'aria2.txt'));
  expect(failures).toMatchObject([{ code: 'DigestMismatch', count: 1 }]);
});
