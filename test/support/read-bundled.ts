import { createHash } from 'node:crypto';
import type { Source } from '../../lib/sources/source.ts';
import type { SourceLocator } from '../../lib/transfer/locators.ts';
import { readAll } from './reading.ts';

/*
 * Run by itself, so that the shipped code is what Node loads: read-bundled.ts CHUNK EXPORT LOCATOR. Prints the digest
 * of the whole source, and every native add-on that was asked for.
 */
const [chunk = '', name = '', locator = ''] = process.argv.slice(2);
const natives: string[] = [];
process.dlopen = (_module, path) => {
  natives.push(String(path));
  throw new Error('no add-on is loaded here');
};
const makers = (await import(chunk)) as Readonly<Record<string, (options: object) => Source>>;
const source = makers[name]?.({});
if (source === undefined) throw new Error(`${chunk} exports no ${name}`);
const call = { signal: new AbortController().signal };
const probe = await source.probe(JSON.parse(locator) as SourceLocator, 'all', call);
const sha256 = createHash('sha256')
  .update(await readAll(probe.body))
  .digest('hex');
await source[Symbol.asyncDispose]();
console.log(JSON.stringify({ sha256, natives }));
