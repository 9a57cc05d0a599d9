import { setImmediate } from 'node:timers/promises';
import type { Destination } from '../../lib/destinations/destination.ts';
import { PieceworkError } from '../../lib/errors/error.ts';
import { advance } from '../../lib/pipeline/advance/advance.ts';
import { lookAtHost, takePlaces } from '../../lib/pipeline/shared/hosts/look.ts';
import type { Ports } from '../../lib/pipeline/shared/ports.ts';
import { createTransfer } from '../../lib/pipeline/shared/store.ts';
import type { HostEntry } from '../../lib/records/records.ts';
import { hostOf, KEYS } from '../../lib/records/records.ts';
import { decideByLedger } from '../../lib/transfer/decide/decide-pieces.ts';
import type { Input } from '../../lib/transfer/decide/decision.ts';
import type { FinalizerMessage, PieceTask } from '../../lib/transfer/messages.ts';
import type { Part } from '../../lib/transfer/plan/ledger.ts';
import type { PiecesPlan } from '../../lib/transfer/plan/plan.ts';
import type { Transferring } from '../../lib/transfer/record/states.ts';
import { toIso } from '../../lib/values/time.ts';
import { chanceFrom } from '../simulation/chance.ts';
import { Timeline } from '../simulation/sim-clock.ts';
import { NOW, transferring } from './a-transfer.ts';
import { stillPorts } from './still-ports.ts';

const never = new AbortController().signal;
const MINUTE_MS = 60_000;
const PIECES = 2;
const PLAN = { mode: 'pieces', sizeBytes: 10 * PIECES, pieceSizeBytes: 10, pieceCount: PIECES } as const;
const DAY_MS = 86_400_000;

export interface ManySharers {
  readonly transfers: number;
  readonly ceiling: number;
  /** They come within this time. */
  readonly arriveMs: number;
  /** This many of the first ones are cancelled while they are at work. */
  readonly cancelled?: number;
  /** Writes of the host's entry that fail, whatever they are. */
  readonly lostWrites?: (now: number) => boolean;
}

/** Many transfers of two pieces from one host, on the finalizer's own code, in simulated time; the store races. */
export async function shareOneHost({ transfers, ceiling, arriveMs, cancelled = 0, lostWrites }: ManySharers) {
  const chance = chanceFrom(7);
  const time = new Timeline(NOW);
  const parts = new Map<string, Part[]>();
  const partial: Partial<Destination> = {
    listParts: async (upload) => ({ parts: parts.get(upload.id) ?? [] }),
    abortUpload: async () => undefined,
    describe: () => 's3',
  };
  const { ports: still } = stillPorts(partial as Destination);
  const wait = (ms: number) => new Promise<void>((resolve) => time.after(ms, resolve));
  const counts = { writes: 0, lost: 0, open: 0, mostOpen: 0, sentTicks: 0 };
  const over = new Set<string>();
  const endedAt: number[] = [];
  const records: typeof still.records = {
    ...still.records,
    async get(key) {
      if (key.path.startsWith('hosts/')) await wait(chance.between(10, 30));
      return await still.records.get(key);
    },
    async put(key, value, on) {
      if (!key.path.startsWith('hosts/')) return await still.records.put(key, value, on);
      await wait(chance.between(20, 60));
      counts.writes += 1;
      try {
        if (lostWrites?.(time.now) === true) throw new PieceworkError('Conflict', 'another writer was faster');
        return await still.records.put(key, value, on);
      } catch (error) {
        counts.lost += 1;
        throw error;
      }
    },
  };
  const failures: unknown[] = [];
  const failed = (error: unknown) => void failures.push(error);
  // Each by a process of its own.
  const finalize = (id: string, input: Input) =>
    void advance({ ...ports, records: { ...records } }, id, [input], never).catch(failed);
  const fetchPiece = (task: PieceTask) => {
    counts.open += 1;
    counts.mostOpen = Math.max(counts.mostOpen, counts.open);
    time.after(chance.between(1_000, 3_000), () => {
      counts.open -= 1;
      const { transferId, planId, pieceNumber, attempt } = task;
      const landed = { number: pieceNumber, sizeBytes: 10, crc32: 1, modifiedAt: toIso(time.now) };
      parts.set(`upload of ${transferId}`, [...(parts.get(`upload of ${transferId}`) ?? []), landed]);
      const result = {
        transferId,
        planId,
        pieceNumber,
        attempt,
        outcome: 'done',
        bytes: 10,
        elapsedMs: 2_000,
      } as const;
      finalize(transferId, { kind: 'result', v: 1, ...result });
    });
  };
  const ports: Ports = {
    ...still,
    records,
    queues: {
      planner: {
        async send(messages) {
          for (const { body } of messages) {
            // One that is looked at late, since it was given places after all, is sent again.
            if (!over.has(body.transferId)) endedAt.push(time.now);
            over.add(body.transferId);
          }
        },
      },
      fetcher: {
        async send(messages) {
          for (const { body } of messages) fetchPiece(body);
        },
      },
      finalizer: {
        async send(messages: readonly { readonly body: FinalizerMessage }[]) {
          for (const { body } of messages) {
            if (body.kind !== 'tick') continue;
            counts.sentTicks += 1;
            time.after(100, () => finalize(body.transferId, { kind: 'tick' }));
          }
        },
      },
    },
    clock: { now: () => time.now, sleep: wait },
    policy: { ...still.policy, hostCeiling: ceiling, isTicked: true },
  };
  const host = KEYS.host(hostOf(transferring().request.source.url));
  const start = async (id: string) => {
    const planned = transferring({
      id,
      cursor: 1,
      plan: PLAN,
      deadlineAt: toIso(NOW + DAY_MS),
      upload: { id: `upload of ${id}`, token: `${id}.plan1` },
    });
    const { facts } = await takePlaces(ports, planned, { inputs: [], piecesLeft: PIECES }, never);
    const first = { doneThrough: 0, done: new Set<number>() };
    const { record, commands } = decideByLedger(
      planned as Transferring<PiecesPlan>,
      first,
      facts,
      [],
      time.now,
      still.policy.decide,
    );
    const { rev: _, writeId: __, ...fresh } = record;
    await createTransfer(ports, fresh);
    for (const command of commands)
      if (command.kind === 'sendPieces') for (const { task } of command.tasks) fetchPiece(task);
    const tick = () => {
      if (over.has(id)) return;
      finalize(id, { kind: 'tick' });
      time.after(MINUTE_MS, tick);
    };
    time.after(chance.between(1, MINUTE_MS), tick);
  };
  for (let index = 0; index < transfers; index += 1) {
    const id = `01T${String(index).padStart(5, '0')}`;
    time.after(chance.below(arriveMs), () => void start(id).catch(failed));
    if (index >= cancelled) continue;
    time.after(arriveMs + 1_000, () => {
      over.add(id);
      const reason = { code: 'Cancelled', message: 'cancelled' } as const;
      finalize(id, { kind: 'cancel', reason });
    });
  }
  const entry = async (): Promise<HostEntry> => (await still.records.get(host))?.value ?? { v: 1 };
  return {
    counts,
    failures,
    endedAt,
    time,
    entry,
    /** Until nothing happens any more, or the time is over. */
    async run(ms: number) {
      const until = time.now + ms;
      time.after(ms, () => undefined);
      while (time.length > 0 && time.now < until) {
        time.step();
        await setImmediate();
      }
    },
    /** What the host is to a transfer that comes now. */
    places: async (id: string) =>
      (await lookAtHost({ ...ports, records: still.records }, transferring({ id }), { inputs: [], piecesLeft: 10 }))
        .facts,
  };
}
