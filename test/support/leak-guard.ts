import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll } from 'vitest';

// Fails a test file that ends with something still running (a server, a socket, a child process, a watcher) or with
// temporary files of its own still there. What is being closed gets a moment to close.

const WATCHED =
  /^(TCPServerWrap|TCPSocketWrap|TLSWrap|UDPWrap|ProcessWrap|FSEventWrap|StatWatcher|MessagePort|Worker)$/;
const GRACE_MS = 10_000;

function running(): Map<string, number> {
  const counts = new Map<string, number>();
  for (const kind of process.getActiveResourcesInfo()) {
    if (WATCHED.test(kind)) {
      counts.set(kind, (counts.get(kind) ?? 0) + 1);
    }
  }
  return counts;
}

let before = new Map<string, number>();

function leaked(): string[] {
  return [...running()].flatMap(([kind, count]) => {
    const more = count - (before.get(kind) ?? 0);
    return more > 0 ? [`${more} × ${kind}`] : [];
  });
}

// Here rather than in a hook: test files ask for temporary folders while they are loaded.
const { TMPDIR: outer } = process.env;
const temporary = mkdtempSync(join(tmpdir(), 'file-'));
process.env['TMPDIR'] = temporary;

beforeAll(() => {
  before = running();
});

// Registered first, so that it runs after the file's own afterAll hooks.
afterAll(async () => {
  const until = Date.now() + GRACE_MS;
  while (leaked().length > 0 && Date.now() < until) {
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  const left = leaked();
  const files = readdirSync(temporary);
  rmSync(temporary, { recursive: true, force: true });
  if (outer === undefined) delete process.env['TMPDIR'];
  else process.env['TMPDIR'] = outer;
  if (left.length > 0) throw new Error(`This test file left something running: ${left.join(', ')}`);
  if (files.length > 0) throw new Error(`This test file left temporary files: ${files.join(', ')}`);
});
