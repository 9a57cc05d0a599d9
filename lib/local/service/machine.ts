import type { Machine } from '../../api/service/machine.ts';
import { asPieceworkError, PieceworkError } from '../../errors/error.ts';
import { transferEnded } from '../../pipeline/requests/transfer-errors.ts';
import type { Ports } from '../../pipeline/shared/ports.ts';
import type { TransferRecord } from '../../transfer/record/record.ts';
import { isOver } from '../../transfer/record/record.ts';
import { stated } from '../../values/stated.ts';
import { toIso } from '../../values/time.ts';
import type { Home } from '../home/home.ts';
import { find } from '../requests/find.ts';
import type { Background } from './background.ts';
import { batchQueue } from './batches/batch-queue.ts';
import type { Batches } from './batches/batches.ts';
import type { Changes } from './queue/changes.ts';
import type { Queue } from './queue/queue.ts';
import { retryInBackground } from './retry.ts';

/** What is under way in a transfer that is paused has so long to come to its end. */
const PAUSE_PATIENCE_MS = 30_000;

export interface MachineParts {
  readonly home: Home;
  /** For looking only. */
  readonly looking: Ports;
  readonly work: Background;
  readonly queue: Queue;
  readonly changes: Changes;
  readonly batches: Batches;
}

/** What the API says of this machine, and what it can ask of its queue. */
export function machineOf({ home, looking, work, queue, changes, batches }: MachineParts): Machine {
  const startedAt = toIso(home.clock.now());
  /** As they wait, from 1. Counted once for all who ask before the next change. */
  let positions: ReadonlyMap<string, number> | undefined;
  changes.on((what) => {
    if (what?.kind !== 'batch') positions = undefined;
  });
  /** What ran when all were paused. */
  const displaced = new Set<string>();

  async function open(transferId: string): Promise<TransferRecord> {
    const record = await find(home, transferId);
    if (isOver(record)) throw transferEnded(record);
    if (record.batch !== undefined)
      throw new PieceworkError(
        'Conflict',
        `transfer ${transferId} is an entry of batch ${record.batch.id}: ask that of the batch`,
      );
    return record;
  }

  async function restart(transferId: string): Promise<void> {
    await work.untilParked(transferId);
    const record = await find(home, transferId);
    // What was under way may have been its last piece; and it may have been paused again.
    if (isOver(record) || queue.of(transferId).paused === true || isAtWork(transferId)) return;
    await retryInBackground(home, looking, work, transferId, work.sourceOf(transferId));
  }

  const isAtWork = (transferId: string) => work.running.includes(transferId) || work.waiting.includes(transferId);

  /** Each once: what still comes to its end is not paused yet. */
  function countsOf() {
    const running = [...work.running, ...jobs.running];
    const isRunning = new Set(running);
    const paused = queue.paused.filter((id) => !isRunning.has(id));
    const isPaused = new Set(paused);
    const displacedIdle = [...displaced].filter((id) => !isAtWork(id));
    const waiting = [...work.waiting, ...jobs.waiting, ...displacedIdle].filter((id) => !isPaused.has(id));
    return { running: running.length, waiting: waiting.length, paused: paused.length };
  }

  function restartLater(transferId: string): void {
    restart(transferId).catch((thrown: unknown) => {
      const { code, message } = asPieceworkError(thrown);
      if (code !== 'Interrupted')
        void home.events.emit({ type: 'warning', message: `transfer ${transferId} does not go on: ${message}` });
    });
  }

  function changed(transferId?: string): void {
    home.engine.lookAtStandings();
    changes.emit(transferId === undefined ? undefined : { kind: 'transfer', id: transferId });
  }

  const { jobs } = batches;
  return {
    features: ['batches', 'limits', 'pause', 'priority'],
    look: () => ({
      startedAt,
      paused: queue.isPaused,
      counts: countsOf(),
      limits: home.limits.look(),
    }),
    standingOf(record) {
      if (isOver(record)) return {};
      const { paused, priority } = queue.of(record.id);
      positions ??= new Map(queue.sorted(work.waiting).map((id, index) => [id, index + 1]));
      return stated({ paused, priority, waitingPosition: positions.get(record.id) });
    },
    async pause(transferId) {
      const record = await open(transferId);
      if (!isAtWork(transferId) && (await home.locks.isHeld(record.request.destination)))
        throw new PieceworkError('Conflict', `transfer ${transferId} is worked on by another process: stop that one`);
      await queue.prefer(transferId, { paused: true });
      work.park(transferId, PAUSE_PATIENCE_MS);
      changed(transferId);
      return record;
    },
    async resume(transferId) {
      const record = await open(transferId);
      if (queue.of(transferId).paused !== true) return record;
      await queue.prefer(transferId, { paused: undefined });
      // What is still coming to its end goes on after that; the answer does not wait for it.
      if (isAtWork(transferId)) restartLater(transferId);
      else
        try {
          await restart(transferId);
        } catch (error) {
          await queue.prefer(transferId, { paused: true });
          throw error;
        }
      changed(transferId);
      return await find(home, transferId);
    },
    async arrange(transferId, { priority, position }) {
      const record = await open(transferId);
      if (priority !== undefined) await queue.prefer(transferId, { priority });
      if (position !== undefined) await queue.move(transferId, position, work.waiting);
      changed(transferId);
      return record;
    },
    ...batchQueue({ home, queue, changes, batches, patienceMs: PAUSE_PATIENCE_MS }),
    async limit(given) {
      const values = stated({ ...given });
      home.limits.change(values);
      jobs.allow(home.limits.look().running);
      await queue.limit(values);
      changed();
    },
    async pauseAll() {
      await queue.pauseAll(true);
      for (const transferId of work.running) {
        displaced.add(transferId);
        work.park(transferId, PAUSE_PATIENCE_MS);
      }
      for (const batchId of jobs.running) jobs.park(batchId, PAUSE_PATIENCE_MS);
      changed();
    },
    async resumeAll() {
      await queue.pauseAll(false);
      const ids = [...displaced];
      displaced.clear();
      for (const transferId of ids) restartLater(transferId);
      jobs.look();
      changed();
    },
  };
}
