import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { startS3Double } from '../support/s3-double.ts';
import { ServerMissing } from '../support/s3-process.ts';
import { versitygw } from '../support/versitygw.ts';
import type { Fault, RoundResult } from './round.ts';
import { FAULTS, playRound } from './round.ts';
import { seeded } from './seeded.ts';
import { canMount } from './small-disk.ts';

// By hand: npm run rounds -- [--rounds 30] [--seed 1] [--fault kill] The real command line against a local origin and a
// local store, killed and cut off, until it is through. Ends with 1 if anything was lost, mixed or left behind.

const MIB = 1024 ** 2;
const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '30' },
    seed: { type: 'string', default: '1' },
    fault: { type: 'string' },
  },
});

/** versitygw where it is installed, else the double. */
async function store() {
  try {
    return { name: 'versitygw', start: await versitygw(), isMortal: true };
  } catch (error) {
    if (!(error instanceof ServerMissing)) throw error;
    return { name: 'the double', start: () => startS3Double(), isMortal: false };
  }
}

function line(
  round: number,
  { fault, to, sizeBytes, runs, faults, sentBytes, exitCodes, waiting, wrong }: RoundResult,
): string {
  const ratio = (sentBytes / sizeBytes).toFixed(2);
  return `${round}\t${fault}\t${to}\t${(sizeBytes / MIB).toFixed(0)} MiB\t${faults} faults\t${runs} runs (${exitCodes.join(' ')})\tsent ${ratio}×\t${wrong ?? (waiting === 0 ? 'ok' : `ok (${waiting} for clean)`)}`;
}

const scratch = await mkdtemp(join(tmpdir(), 'piecework-mount-'));
const mounts = await canMount(join(scratch, 'disk'));
await rm(scratch, { recursive: true, force: true });
const { name, start, isMortal } = await store();
process.stdout.write(`store: ${name}; a full disk is ${mounts ? 'tried' : 'left out (no right to mount)'}\n`);

const only = FAULTS.find((fault) => fault === values.fault);
const possible = FAULTS.filter((fault) => (fault !== 'disk' || mounts) && (fault !== 'restart' || isMortal));
const kinds: readonly Fault[] = only === undefined ? possible : [only];
let bad = 0;
for (let round = 1; round <= Number(values.rounds); round += 1) {
  const random = seeded(Number(values.seed) * 1000 + round);
  const fault = kinds[(round - 1) % kinds.length] ?? 'kill';
  const to =
    fault === 'disk' ? 'file' : fault === 'store' || fault === 'restart' ? 's3' : random() < 0.5 ? 'file' : 's3';
  const result = await playRound(fault, to, random, start);
  if (result.wrong !== undefined) bad += 1;
  process.stdout.write(`${line(round, result)}\n`);
}
process.stdout.write(
  bad === 0 ? `all ${values.rounds} rounds ended well\n` : `${bad} of ${values.rounds} rounds went wrong\n`,
);
process.exitCode = bad === 0 ? 0 : 1;
