// The program of `--trial many`: all copies at once through one `openLocal`, as a program with a list would do it.
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setFlagsFromString } from 'node:v8';

// As bin/piecework.js does, and for its reason.
setFlagsFromString('--semi-space-growth-factor=1');
const [library = '', request = ''] = process.argv.slice(2);
const { openLocal } = await import(library);
const { url, count, folder, running } = JSON.parse(request);
await mkdir(join(folder, 'out'));
await using local = openLocal({ stateDir: join(folder, 'state'), ...(running === undefined ? {} : { running }) });
await Promise.all(
  Array.from({ length: count }, (_, index) =>
    local.copy({ source: { url }, destination: join(folder, 'out', `${index}.bin`) }),
  ),
);
