import { open, rename } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { syncFolder } from '../../../disk/durable.ts';
import { readUserFileIfThere, systemReason } from '../../../disk/user-file.ts';
import { PieceworkError } from '../../../errors/error.ts';
import { parseRateTimetable } from '../../../values/rate-timetable.ts';
import { stated } from '../../../values/stated.ts';
import type { LimitValues } from '../../home/limits.ts';
import { makeStateFolder } from '../../home/state-folder.ts';

/** What a person said of one transfer or batch that has not ended. */
export interface Preference {
  readonly paused?: true;
  /** @default 0 */
  readonly priority?: number;
  /** Where it was moved to: lower first. @default the moment of its id */
  readonly rank?: number;
}

/** What a server knows besides the records, and still knows after a restart. */
export interface QueueState {
  readonly paused: boolean;
  /** By id. */
  readonly preferences: Readonly<Record<string, Preference>>;
  readonly limits: KeptLimits;
}

/** Limits that were changed while a server ran. */
export interface KeptLimits {
  readonly values: LimitValues;
  /** What the start of that server had said: where the next one says something else, that holds. */
  readonly over: LimitValues;
}

export interface QueueFile {
  /** @throws PieceworkError `DestinationNotWritable` */
  write(state: QueueState): Promise<void>;
}

/** A small file of the server's own: `server/queue.json` in the state folder. */
export function queueFile(stateDir: string): { readonly state: QueueState; readonly file: QueueFile } {
  const folder = makeStateFolder(stateDir, 'server');
  const path = join(folder, 'queue.json');
  const text = readUserFileIfThere(path, `the queue in ${path}`);
  /** One at a time; of several that wait, the last says all. */
  let writing: Promise<void> = Promise.resolve();
  let latest: QueueState | undefined;

  async function put(): Promise<void> {
    const state = latest;
    if (state === undefined) return;
    latest = undefined;
    const draft = `${path}.draft`;
    try {
      {
        await using file = await open(draft, 'w', 0o600);
        await file.writeFile(JSON.stringify({ v: 1, ...state }));
        await file.sync();
      }
      await rename(draft, path);
      await syncFolder(dirname(path));
    } catch (cause) {
      throw new PieceworkError(
        'DestinationNotWritable',
        `the queue can't be written to ${path} (${systemReason(cause)}); what was asked for holds until the server ends`,
        { cause },
      );
    }
  }

  return {
    state: parseQueue(text),
    file: {
      async write(state) {
        latest = state;
        const mine = writing.catch(() => {}).then(put);
        writing = mine;
        await mine;
      },
    },
  };
}

/** What can't be understood is left out: the records have the transfers, this file only their order. */
export function parseQueue(text: string | undefined): QueueState {
  const { paused, preferences, limits } = objectOf(text);
  const known = Object.entries(asObject(preferences)).flatMap(([id, preference]) => {
    const read = preferenceOf(asObject(preference));
    return /^[0-9A-Z]{26}$/.test(id) && Object.keys(read).length > 0 ? [[id, read] as const] : [];
  });
  const { values, over } = asObject(limits);
  return {
    paused: paused === true,
    preferences: Object.fromEntries(known),
    limits: { values: limitsOf(asObject(values)), over: limitsOf(asObject(over)) },
  };
}

function preferenceOf({ paused, priority, rank }: Readonly<Record<string, unknown>>): Preference {
  return stated({
    paused: paused === true ? (true as const) : undefined,
    priority: Number.isInteger(priority) && Math.abs(priority as number) <= 100 ? (priority as number) : undefined,
    rank: Number.isFinite(rank) ? (rank as number) : undefined,
  });
}

function limitsOf({ running, connections, perHost, limitRate }: Readonly<Record<string, unknown>>): LimitValues {
  const count = (value: unknown) => (Number.isInteger(value) && (value as number) > 0 ? (value as number) : undefined);
  const isRate = typeof limitRate === 'string' && parseRateTimetable(limitRate) !== undefined;
  return stated({
    running: count(running),
    connections: count(connections),
    perHost: count(perHost),
    limitRate: isRate ? limitRate : undefined,
  });
}

function objectOf(text: string | undefined): Readonly<Record<string, unknown>> {
  try {
    return asObject(JSON.parse(text ?? '{}'));
  } catch {
    return {};
  }
}

function asObject(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : {};
}
