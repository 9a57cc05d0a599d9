import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { openAwsHome } from '../../../lib/aws/home.ts';
import { tickAll } from '../../../lib/aws/tick/tick.ts';
import type { Cloud } from '../../e2e/stand-in.ts';
import { workersOf } from './workers.ts';

const HOUR_MS = 3_600_000;

/**
 * What waits for its hour (protocol §6, rule 16) need not be waited for: the schedule's tick once more, with
 * the environment of the deployed finalizer and a clock that is some hours ahead, at the full hour, when it
 * looks for forgotten sources too.
 */
export async function tickHoursLater(cloud: Cloud, standInPid: number): Promise<readonly string[]> {
  Object.assign(process.env, cloud.env);
  const home = openAwsHome('finalizer', undefined, await environmentOfFinalizer(standInPid));
  const aheadMs = (Math.floor(Date.now() / HOUR_MS) + 3) * HOUR_MS - Date.now();
  const clock = { ...home.ports.clock, now: () => Date.now() + aheadMs };
  const wrong: string[] = [];
  const ahead = {
    ports: { ...home.ports, clock },
    spans: { send: () => Promise.reject(new Error('there are too many transfers for one tick')) },
    measure: () => undefined,
    tickFailed: (about: object, error: unknown) => void wrong.push(`${JSON.stringify(about)}: ${String(error)}`),
    deadLetters: {},
    letterDropped: () => undefined,
    flush: () => undefined,
  };
  await tickAll(ahead, { getRemainingTimeInMillis: () => 60_000 });
  return wrong;
}

/** One is started each minute at least. */
async function environmentOfFinalizer(standInPid: number): Promise<Record<string, string>> {
  for (;;) {
    const [worker] = await workersOf(standInPid, ['finalizer']);
    const text = worker === undefined ? '' : await readFile(`/proc/${worker.pid}/environ`, 'utf8').catch(() => '');
    if (text !== '') return Object.fromEntries(text.split('\0').map((entry) => entry.split(/=(.*)/s).slice(0, 2)));
    await sleep(500);
  }
}
