import { expect, test } from 'vitest';
import { primedSources } from '../../lib/local/engine/primed-source.ts';
import { withCredentials } from '../../lib/local/sources/credentials.ts';
import { limitedSource, rateLimit } from '../../lib/local/sources/limit-rate.ts';
import { withoutEchoes } from '../../lib/sources/echoes.ts';
import { lazySource } from '../../lib/sources/lazy.ts';
import { s3Source } from '../../lib/sources/s3/source.ts';
import type { Source } from '../../lib/sources/source.ts';
import { sourcesByScheme } from '../../lib/sources/sources.ts';

// Every source that stands in for another one; a new one gets a row here.
const WRAPPERS: Readonly<Record<string, (source: Source) => Source>> = {
  lazySource: (source) => lazySource(['s3'], async () => source),
  withoutEchoes,
  limitedSource: (source) =>
    limitedSource(
      source,
      rateLimit([{ minute: 0, bytesPerSecond: 1 }], {
        now: () => 0,
        sleep: () => Promise.reject(new Error('nothing is read')),
      }),
    ),
  withCredentials: (source) => withCredentials(source, { secret: (text) => text }),
  primedSources: (source) => primedSources(() => source).sources('s3://bucket/key'),
  sourcesByScheme: (source) => sourcesByScheme([source])('s3://bucket/key'),
};

test.each(Object.entries(WRAPPERS))('%s passes on what a store would be asked to copy', async (_name, wrapped) => {
  const from = { url: 's3://bucket/key?versionId=v1' };
  await using source = s3Source();
  const copied = await source.copySource(from);
  expect(copied).toMatchObject({ bucket: 'bucket', key: 'key', versionId: 'v1' });
  expect(await wrapped(source).copySource(from)).toEqual(copied);
});
