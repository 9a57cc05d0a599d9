import { createHash } from 'node:crypto';
import { createReadStream, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { PieceworkError } from '../../lib/errors/error.ts';
import { formatBytes, formatDuration, parseBytes } from '../../lib/values/units.ts';
import type { Context } from '../context.ts';
import type { CopyChild, OriginChild } from '../demo/children.ts';
import { startCopyChild, startOriginChild } from '../demo/children.ts';
import type { Verb } from '../verb.ts';

const MIB = 1024 ** 2;
const PARALLEL = 8;
const PIECE_BYTES = 4 * MIB;
const BYTES_PER_SECOND = 4 * MIB;
const LEAST_BYTES = 4 * PARALLEL * MIB;

export const demoVerb: Verb = {
  name: 'demo',
  summary: 'see it work, without internet: a slow server, a kill, a resume',
  description:
    `Starts a small HTTP server on this machine that gives ${formatBytes(BYTES_PER_SECOND)}/s to each connection, brings a file ` +
    `from it with the ordinary copy on ${PARALLEL} connections, kills that copy half-way, runs it again, and checks the result.`,
  arguments: [],
  extras: [
    { name: 'size', placeholder: 'SIZE', help: 'bytes to bring (default: 256MiB)' },
    { name: 'keep', help: 'keep the file and the state in the temporary folder' },
  ],
  examples: [{ command: 'piecework demo', what: 'takes some ten seconds and 256 MiB of the temporary folder' }],
  async run({ context, extras }) {
    const sizeBytes = parseBytes(String(extras['size'] ?? '256MiB'));
    if (sizeBytes === undefined || sizeBytes < LEAST_BYTES) {
      throw new PieceworkError(
        'InvalidOption',
        `--size: the demo needs a size of at least ${formatBytes(LEAST_BYTES)}`,
      );
    }
    await demonstrate(context, sizeBytes, extras['keep'] === true);
  },
};

async function demonstrate(context: Context, sizeBytes: number, keeps: boolean): Promise<void> {
  using folder = temporaryFolder(keeps);
  using origin = await startOriginChild({ seed: 'piecework-demo', sizeBytes, bytesPerSecond: BYTES_PER_SECOND });
  const say = (text: string): void => void context.stderr.write(`${text}\n`);
  const target = join(folder.path, 'demo.bin');
  const options = ['--parallel', String(PARALLEL), '--piece-size', `${PIECE_BYTES / MIB}MiB`, '--verbose'];
  const args = ['copy', origin.url, target, ...options, '--state-dir', join(folder.path, 'state')];
  const copy = (): CopyChild => {
    say(`$ piecework ${args.slice(0, -2).join(' ')}`);
    return startCopyChild(args, childEnvironment(context.environment, folder.path));
  };

  say(
    `A server on this machine has ${formatBytes(sizeBytes)} and gives ${formatBytes(BYTES_PER_SECOND)}/s to each connection.\n`,
  );
  const startedAt = context.now();
  await runAndKill(context, origin, copy(), sizeBytes / 2);
  say('\nKilled half-way (SIGKILL), and now the same command again:\n');
  await runToEnd(context, copy());
  const elapsedMs = context.now() - startedAt;

  const sha256 = await sha256Of(target);
  if (sha256 !== origin.sha256)
    throw new PieceworkError('Internal', `the demo's file has SHA-256 ${sha256}, and ${origin.sha256} was served`);
  const alone = (sizeBytes * 1000) / BYTES_PER_SECOND;
  const twice = Math.max(0, origin.bytesSent() - sizeBytes);
  const lines = [
    '',
    `SHA-256 is equal:     ${sha256}`,
    `Sent twice:           ${formatBytes(twice)} (by the server's count; ${PARALLEL} pieces of ${formatBytes(PIECE_BYTES)} were in flight at the kill)`,
    `One connection:       ${formatDuration(alone)} (${formatBytes(sizeBytes)} at ${formatBytes(BYTES_PER_SECOND)}/s)`,
    `Piecework:            ${formatDuration(elapsedMs)}, ${(alone / elapsedMs).toFixed(1)} times as fast, with the kill and both starts`,
    ...(keeps ? [`Kept:                 ${folder.path}`] : []),
    '',
    'Now a URL of your own, into this folder, or into a bucket:',
    '  npx piecework copy https://host/path/file',
    '  npx piecework copy https://host/path/file s3://bucket/prefix/',
  ];
  for (const line of lines) context.stdout.write(`${line}\n`);
}

async function runAndKill(context: Context, origin: OriginChild, child: CopyChild, atBytes: number): Promise<void> {
  using _stop = stopWith(context.signal, child);
  await Promise.race([origin.sent(atBytes), child.ended]);
  context.signal.throwIfAborted();
  child.kill('SIGKILL');
  const { killed, exitCode } = await child.ended;
  context.signal.throwIfAborted();
  if (!killed)
    throw new PieceworkError('Internal', `the demo's copy ended before it could be killed, with exit code ${exitCode}`);
}

async function runToEnd(context: Context, child: CopyChild): Promise<void> {
  using _stop = stopWith(context.signal, child);
  const { exitCode } = await child.ended;
  context.signal.throwIfAborted();
  if (exitCode !== 0) throw new PieceworkError('Internal', `the demo's second copy ended with exit code ${exitCode}`);
}

/** An interrupted demo waits for its copy, and cleans up after it. */
function stopWith(signal: AbortSignal, child: CopyChild): Disposable {
  const stop = (): void => child.kill('SIGTERM');
  signal.addEventListener('abort', stop, { once: true });
  return { [Symbol.dispose]: () => signal.removeEventListener('abort', stop) };
}

/** What the caller has set for copies of his own is not to change this one. */
function childEnvironment(environment: NodeJS.ProcessEnv, folder: string): NodeJS.ProcessEnv {
  const own = Object.entries(environment).filter(
    ([name]) => !name.startsWith('PIECEWORK_') && !/^https?_proxy$/i.test(name),
  );
  return { ...Object.fromEntries(own), XDG_CONFIG_HOME: folder };
}

function temporaryFolder(keeps: boolean): Disposable & { readonly path: string } {
  const path = mkdtempSync(join(tmpdir(), 'piecework-demo-'));
  const remove = (): void => {
    if (!keeps) rmSync(path, { recursive: true, force: true });
  };
  // Also when a second Ctrl-C ends the process at once.
  process.once('exit', remove);
  return {
    path,
    [Symbol.dispose]() {
      process.removeListener('exit', remove);
      remove();
    },
  };
}

async function sha256Of(path: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(path), hash);
  return hash.digest('hex');
}
