import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

// Whatever a run of tests keeps for a while lies in one folder, which goes with the run, also with one
// that was broken off. There, too, the processes that tests start share what V8 made of the sources: each
// would begin with compiling them.

let folder: string | undefined;

export function setup(): void {
  folder = mkdtempSync(join(tmpdir(), 'piecework-tests-'));
  process.env['TMPDIR'] = folder;
  process.env['NODE_COMPILE_CACHE'] = join(folder, 'compiled');
  process.once('exit', teardown);
}

export function teardown(): void {
  if (folder !== undefined) rmSync(folder, { recursive: true, force: true });
}
