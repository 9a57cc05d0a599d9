import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { fileSource } from '../../lib/sources/file.ts';
import { sharedFolder } from '../support/ftp-server.ts';
import { sourceContract } from './source.ts';

sourceContract('file', async () => {
  const folder = await sharedFolder();
  const source = fileSource();
  return {
    source,
    features: { ranges: true, sizes: true, versions: true, queries: false },
    async put(name, bytes) {
      await folder.put(name, bytes);
      return { url: pathToFileURL(join(folder.path, name)).href };
    },
    remove: (name) => folder.remove(name),
    async [Symbol.asyncDispose]() {
      await source[Symbol.asyncDispose]();
      await folder[Symbol.asyncDispose]();
    },
  };
});
