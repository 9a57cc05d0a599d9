import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';

/*
 * What a source, a store or a deployment wrote may stand in any line of the command line's output. So every line goes
 * through `writeLine`, which makes it printable. These write by themselves, and why they may:
 */
const WRITERS: Readonly<Record<string, string>> = {
  'demo/origin.ts': 'the body of an answer',
  'main.ts': 'a line break',
  'output/lines.ts': 'writeLine itself',
  'output/reporters/json-reporter.ts': 'JSON with everything unprintable escaped',
  'output/reporters/live-area.ts': 'draws on a terminal; its texts are made printable before they are coloured',
  'program.ts': 'the help, which is ours',
  'run.ts': 'the sentence of an error, made printable behind its colour',
  'verbs/completion.ts': 'a script, which is ours',
  'verbs/demo.ts': 'sentences of ours, in colours',
};

test('the command line writes lines through writeLine, and nothing beside it', () => {
  const root = join(import.meta.dirname, '..', '..', 'cli');
  const writers = readdirSync(root, { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.ts') && /\.write\(/.test(readFileSync(join(root, path), 'utf8')))
    .map((path) => path.replaceAll('\\', '/'));
  expect(writers.sort()).toEqual(Object.keys(WRITERS).sort());
});
