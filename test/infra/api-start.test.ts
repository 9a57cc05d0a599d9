import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bundleFunction } from '../../scripts/bundling/functions.ts';
import { ROOT } from '../../scripts/bundling/options.ts';
import { reachedAtOnce } from '../../scripts/bundling/sizes.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'piecework-api-'));
});
afterAll(() => rm(folder, { recursive: true }));

describe('the API’s function', () => {
  it('begins without schemas of answers, and without what is said of its paths', async () => {
    const { outputs } = await bundleFunction('api', folder);
    const entry = Object.keys(outputs).find((path) => path.endsWith('/index.mjs'));
    if (entry === undefined) throw new Error('no entry was written');
    const filesOf = (paths: readonly string[]) =>
      paths.flatMap((path) =>
        Object.entries(outputs[path]?.inputs ?? {}).flatMap(([file, { bytesInOutput }]) =>
          bytesInOutput > 0 ? [relative(ROOT, join(ROOT, file))] : [],
        ),
      );
    const isAboutForms = (file: string) => /^lib\/api\/(?:schemas|document)\//.test(file);
    expect(filesOf(reachedAtOnce(outputs, entry)).filter(isAboutForms).sort()).toEqual([
      'lib/api/schemas/describable.ts',
      'lib/api/schemas/destination.ts',
      'lib/api/schemas/one-transfer.ts',
      'lib/api/schemas/region.ts',
    ]);
    // They are there when the document is asked for.
    expect(filesOf(Object.keys(outputs))).toEqual(
      expect.arrayContaining(['lib/api/document/openapi.ts', 'lib/api/schemas/transfer.ts']),
    );
  });
});
