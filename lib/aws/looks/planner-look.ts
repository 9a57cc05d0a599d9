import { asPieceworkError, PieceworkError, toErrorRecord } from '../../errors/error.ts';
import { shownUrl } from '../../errors/secret-url-path.ts';
import type { Log } from '../../events/log/events.ts';
import type { Foreseen } from '../../pipeline/plan/foresee.ts';
import { foresee } from '../../pipeline/plan/foresee.ts';
import { probePatiently } from '../../pipeline/plan/probe-patiently.ts';
import { singleMaxBytes } from '../../pipeline/plan/probe-source.ts';
import type { Ports } from '../../pipeline/shared/ports.ts';
import { stated } from '../../values/stated.ts';
import type { AwsHome } from '../home.ts';
import type { Tracing } from '../tracing/tracing.ts';
import type { LookAnswer, LookTask } from './look-task.ts';
import { LOOK_MS } from './look-task.ts';

/** Who asks waits for the answer. */
const PATIENCE = { maxFailures: 2, deadlineMs: LOOK_MS, maxWaitMs: LOOK_MS };
/** What happens on the way is the caller's to know alone. */
const UNHEARD: Ports['events'] = { emit: async () => undefined };

/** Looks for the API, with the rights and behind the guard of the planner. Nothing is stored, and nothing thrown. */
export async function onLook(
  home: Pick<AwsHome, 'ports' | 'log' | 'meter' | 'flush' | 'tracing'>,
  task: LookTask,
): Promise<LookAnswer> {
  const run = home.meter.run({ functionRuns: 1 });
  const { tracing } = home;
  const work = () => run.work(undefined, 1, () => look(home.ports, task));
  const answer = await (tracing === undefined ? work() : traced(tracing, task, work));
  logLook(home.log, task, answer);
  home.flush();
  await tracing?.flush();
  return answer;
}

/** Under the request that asks. https://opentelemetry.io/docs/specs/semconv/faas/faas-spans/ */
async function traced(tracing: Tracing, task: LookTask, work: () => Promise<LookAnswer>): Promise<LookAnswer> {
  const parent = stated({ parent: task.traceparent });
  const attributes = { 'faas.trigger': 'other' };
  return await tracing.during({ name: 'look at source', kind: 'server', ...parent, attributes }, async () => {
    const answer = await work();
    // What the source refuses is the caller's own affair, and no failure of ours.
    if ('refused' in answer) tracing.note({ attributes: { 'error.type': answer.refused.code } });
    return answer;
  });
}

async function look(ports: Ports, { v, source, request }: LookTask): Promise<LookAnswer> {
  const late = AbortSignal.timeout(LOOK_MS);
  try {
    // In the middle of a deployment the API may be newer than its planner.
    if (v !== 1)
      throw new PieceworkError('HomeUnavailable', 'the planner is of another version; ask again in a minute');
    const whole = (await ports.secrets.fill?.(source)) ?? source;
    return { foreseen: await lookAt({ ...ports, events: UNHEARD }, { source: whole, request }, late) };
  } catch (thrown) {
    const error = late.aborted
      ? new PieceworkError(
          'SourceTimeout',
          `${shownUrl(source)} has not said within ${LOOK_MS / 1000} s what it has; ask again, or submit it as it is`,
          { cause: thrown },
        )
      : asPieceworkError(thrown);
    return { refused: toErrorRecord(error) };
  }
}

async function lookAt(
  ports: Ports,
  asked: Pick<LookTask, 'source' | 'request'>,
  signal: AbortSignal,
): Promise<Foreseen> {
  await using probe = await probePatiently(ports, asked.source, singleMaxBytes(ports), PATIENCE, signal);
  return await foresee(ports, asked, probe, signal);
}

function logLook(log: Log, { request }: LookTask, answer: LookAnswer): void {
  const code = 'refused' in answer ? { code: answer.refused.code } : {};
  log.info('looked at a source', { source: request.source.url, ...code });
}
