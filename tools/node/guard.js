// First step of `npm test`: says in one sentence when the tests would run on a Node that Piecework does not support.
// `npm ci` brings the right one as an optional dependency of this workspace; where it did not (another platform, or
// --omit=optional), the machine's own Node is used, and has to be new enough.
import { readFileSync } from 'node:fs';

const { engines } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'));
const [needMajor = 0, needMinor = 0] = engines.node.replace('>=', '').split('.').map(Number);
const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);

if (major < needMajor || (major === needMajor && minor < needMinor)) {
  console.error(
    `Piecework needs Node ${engines.node}, and this is ${process.version}: run \`npm ci\` without --omit=optional ` +
      'so that node_modules/.bin/node exists, start the tests with `npm test`, or install a newer Node.',
  );
  process.exit(2);
}
