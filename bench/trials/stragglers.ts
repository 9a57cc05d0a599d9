import { median } from '../../lib/values/median.ts';
import { table } from '../report/tables.ts';
import { startLimitedRelay } from '../servers/limited-relay.ts';
import { pieceworkCommand } from '../tools/tools.ts';
import type { Trial } from './trial.ts';
import { MIB, trialJob } from './trial.ts';

const CONNECTIONS = 20;
const BYTES_PER_SECOND = 2 * MIB;
const ROUNDS = 3;
const WAYS = [
  { name: 'none is slow', slowEvery: undefined, flags: [] },
  { name: 'one in twenty slow', slowEvery: 20, flags: [] },
  { name: 'one in twenty slow, `--no-rescue`', slowEvery: 20, flags: ['--no-rescue'] },
] as const;

/** One connection in twenty at a hundredth of the others' speed: what straggler rescue saves, ways taking turns. */
export const stragglers: Trial = async (options) => {
  const { origin, measurer, sizeBytes = 200 * MIB, say } = options;
  const wallMs = new Map<string, number[]>(WAYS.map(({ name }) => [name, []]));
  for (let round = 0; round < ROUNDS; round += 1) {
    for (const { name, slowEvery, flags } of WAYS) {
      // A relay of its own for each run: the same connections are slow each time.
      await using relay = await startLimitedRelay(Number(new URL(origin.nginx.http).port), {
        bytesPerSecond: BYTES_PER_SECOND,
        ...(slowEvery === undefined ? {} : { slowEvery }),
      });
      await using trial = await trialJob(options, {
        from: 'http',
        store: undefined,
        connections: CONNECTIONS,
        sizeBytes,
      });
      const url = new URL(trial.job.url);
      url.port = String(relay.port);
      const result = await measurer.run(
        pieceworkCommand({ ...trial.job, url: url.href }, ['--piece-size', '1MiB', ...flags]),
      );
      await trial.checkArrived();
      wallMs.get(name)?.push(result.wallMs);
      say(`${name}  ${(result.wallMs / 1000).toFixed(2)}`);
    }
  }
  const medians = [...wallMs].map(([name, times]) => ({ name, times, ms: median(times) }));
  const base = medians[0]?.ms ?? Number.NaN;
  return `${sizeBytes / MIB} MiB to a file, ${CONNECTIONS} connections of ${BYTES_PER_SECOND / MIB} MiB/s, pieces of 1 MiB; a slow one has a hundredth; SHA-256 equal\n\n${table(
    ['connections', 'wall s, each run', 'median', '× none slow'],
    medians.map(({ name, times, ms }) => [
      name,
      times.map((time) => (time / 1000).toFixed(2)).join(', '),
      (ms / 1000).toFixed(2),
      (ms / base).toFixed(2),
    ]),
  )}`;
};
