import { httpSource } from '../../lib/sources/http/source.ts';
import { createAuthority } from '../support/certificates.ts';
import { startOrigin } from '../support/origin.ts';
import type { Resource } from '../support/origin-resource.ts';
import type { SourceServer } from './source.ts';
import { sourceContract } from './source.ts';

interface Kind {
  readonly name: string;
  readonly secure?: boolean;
  readonly features?: Partial<SourceServer['features']>;
  /** What the server says of version `version`. */
  describe(version: number): Resource;
}

const authority = createAuthority();
const dateOf = (version: number): string => new Date(Date.UTC(2026, 0, version)).toUTCString();

const kinds: readonly Kind[] = [
  { name: 'http, strong ETag', describe: (version) => ({ etag: `"v${version}"` }) },
  { name: 'https, strong ETag', secure: true, describe: (version) => ({ etag: `"v${version}"` }) },
  { name: 'http, weak ETag', describe: (version) => ({ etag: `W/"v${version}"` }) },
  { name: 'http, date only', describe: (version) => ({ etag: null, lastModified: dateOf(version) }) },
  { name: 'http, no validator', features: { versions: false }, describe: () => ({ etag: null }) },
  {
    name: 'http, answers 200 to any If-Range',
    describe: (version) => ({ etag: `"v${version}"`, wholeOnIfRange: true }),
  },
  {
    name: 'http, without ranges',
    features: { ranges: false },
    describe: (version) => ({ etag: `"v${version}"`, ignoreRange: true }),
  },
  {
    name: 'http, without ranges and sizes',
    features: { ranges: false, sizes: false },
    describe: () => ({ ignoreRange: true, chunked: true }),
  },
];

for (const kind of kinds) {
  sourceContract(kind.name, async () => {
    const origin = await startOrigin(kind.secure === true ? { tls: authority.issue() } : {});
    const source = httpSource({ ca: authority.cert });
    let version = 0;
    return {
      source,
      features: { ranges: true, sizes: true, versions: true, ...kind.features },
      async put(name, bytes) {
        version += 1;
        return { url: origin.serve(`/files/${name}`, { ...kind.describe(version), bytes }) };
      },
      async remove(name) {
        origin.remove(`/files/${name}`);
      },
      async [Symbol.asyncDispose]() {
        await source[Symbol.asyncDispose]();
        await origin[Symbol.asyncDispose]();
      },
    };
  });
}
