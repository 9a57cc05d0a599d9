// Which sources the command line's bundle in dist/cli was made from, so that a checkout starts it only while they are
// unchanged. Plain JavaScript: bin/piecework.js asks before anything else is loaded.
import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const LIST = `${ROOT}dist/cli/inputs.json`;
/** Packages change with it only. */
const LOCK = 'package-lock.json';

/**
 * Notes size and time of change of each source.
 * @param {readonly string[]} paths from the root of the repository
 */
export function writeInputs(paths) {
  const own = paths.filter((path) => !path.includes('node_modules/') && !path.includes(':'));
  const states = Object.fromEntries([...own, LOCK].map((path) => [path, stateOf(path)]));
  writeFileSync(LIST, JSON.stringify(states));
}

/** False where there is no bundle, or a source of it is another one now. */
export function isBundleCurrent() {
  try {
    const states = JSON.parse(readFileSync(LIST, 'utf8'));
    return Object.entries(states).every(([path, state]) => stateOf(path) === state);
  } catch {
    return false;
  }
}

/** @param {string} path */
function stateOf(path) {
  const { size, mtimeMs } = statSync(ROOT + path);
  return `${size} ${mtimeMs}`;
}
