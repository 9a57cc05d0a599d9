import { PieceworkError } from '../../errors/error.ts';
import type { RecordKey, Version } from '../../records/records.ts';
import { KEYS } from '../../records/records.ts';
import { narrow } from '../../transfer/record/narrow.ts';
import type { TransferRecord } from '../../transfer/record/record.ts';
import type { Transfer } from '../../transfer/record/states.ts';
import { withUsage } from '../../transfer/record/used.ts';
import type { Ports } from './ports.ts';
import { isLostSwap } from './taken-over.ts';
import { sayingUsage } from './used-so-far.ts';

export interface Loaded<R extends TransferRecord = TransferRecord> {
  readonly record: R;
  readonly version: Version;
}

/** For who goes on with the transfer, and not only looks at it. @throws PieceworkError `RecordCorrupt`, as `narrow`. */
export async function loadNarrowed(ports: Pick<Ports, 'records'>, id: string): Promise<Loaded<Transfer> | undefined> {
  const loaded = await loadTransfer(ports, id);
  return loaded === undefined ? undefined : { record: narrow(loaded.record), version: loaded.version };
}

type StorePorts = Pick<Ports, 'records' | 'ids' | 'usage'>;

export async function loadTransfer(ports: Pick<Ports, 'records'>, id: string): Promise<Loaded | undefined> {
  const found = await ports.records.get(KEYS.transfer(id));
  return found === undefined ? undefined : { record: found.value, version: found.version };
}

/** Many, in their order, for lists; what can't be read was set aside, and is `undefined` as what is not there. */
export async function loadTransfers(
  { records }: Pick<Ports, 'records'>,
  ids: readonly string[],
): Promise<readonly (TransferRecord | undefined)[]> {
  const keys = ids.map((id) => KEYS.transfer(id));
  if (records.getMany !== undefined) return await records.getMany(keys);
  return await Promise.all(
    keys.map(async (key) => {
      try {
        return (await records.get(key))?.value;
      } catch (error) {
        if (error instanceof PieceworkError && error.code === 'RecordCorrupt') return undefined;
        throw error;
      }
    }),
  );
}

export async function createTransfer<R extends Omit<TransferRecord, 'rev' | 'writeId'>>(
  ports: StorePorts,
  fresh: R,
): Promise<Loaded<R & TransferRecord>> {
  const first = { ...fresh, rev: 1, writeId: ports.ids.ulid() };
  return await writeWithUsage(ports, first, 'absent');
}

/**
 * Compare-and-swap: stores `next` if nothing was written since `from`.
 * @throws PieceworkError `Conflict`: read again, decide again.
 */
export async function saveTransfer<R extends TransferRecord>(
  ports: StorePorts,
  from: Loaded,
  next: R,
): Promise<Loaded<R>> {
  const following = { ...next, rev: from.record.rev + 1, writeId: ports.ids.ulid() };
  return await writeWithUsage(ports, following, from.version);
}

async function writeWithUsage<R extends TransferRecord>(
  ports: StorePorts,
  next: R,
  on: 'absent' | Version,
): Promise<Loaded<R>> {
  return await sayingUsage(ports, { s3Writes: 1 }, (used) =>
    write(ports, used === undefined ? next : withUsage(next, used), on),
  );
}

/**
 * Settles a write whose outcome is unsure by looking for it (rule 2): our own `writeId` there → it was written; the
 * revision before it → write again; anything else → another writer was faster. A refusal can be the echo of our own
 * success too, when a layer below repeated the request.
 */
async function write<R extends TransferRecord>(ports: StorePorts, next: R, on: 'absent' | Version): Promise<Loaded<R>> {
  let version = on;
  for (let tries = 1; ; tries += 1) {
    try {
      return { record: next, version: await ports.records.put(KEYS.transfer(next.id), next, version) };
    } catch (error) {
      if (!(error instanceof PieceworkError) || (error.code !== 'Conflict' && error.reaction === 'fail')) throw error;
      const there = await loadTransfer(ports, next.id);
      if (there?.record.writeId === next.writeId) return { record: next, version: there.version };
      if (error.code === 'Conflict' || !isAsBefore(there, next, on)) throw conflict(next.id, error);
      if (tries >= UNSURE_TRIES) throw error;
      version = there?.version ?? 'absent';
    }
  }
}

/** Nothing was written since the revision that `next` follows. */
function isAsBefore(there: Loaded | undefined, next: TransferRecord, on: 'absent' | Version): boolean {
  return there === undefined ? on === 'absent' : on !== 'absent' && there.record.rev === next.rev - 1;
}

const UNSURE_TRIES = 4;

function conflict(id: string, cause: unknown): PieceworkError {
  return new PieceworkError('Conflict', `transfer ${id} was changed by another process at the same moment`, { cause });
}

/**
 * Creates what may be written more than once without harm, unless something is there. An unsure write is repeated (a
 * connection that had been idle is often found closed only now), so what is there may be our own.
 */
export async function createUnlessThere<T>(
  ports: Pick<Ports, 'records'>,
  key: RecordKey<T>,
  value: T,
): Promise<'created' | 'there'> {
  for (let tries = 1; ; tries += 1) {
    try {
      await ports.records.put(key, value, 'absent');
      return 'created';
    } catch (error) {
      if (!(error instanceof PieceworkError)) throw error;
      if (error.code === 'Conflict') return 'there';
      if (error.reaction === 'fail' || tries >= UNSURE_TRIES) throw error;
    }
  }
}

const CONFLICT_TRIES = 4;

/**
 * Runs `step` again with what is there now as long as it loses its compare-and-swap; after four the
 * caller gives its message back.
 */
export async function onConflictAgain<T>(step: () => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await step();
    } catch (error) {
      if (!isLostSwap(error) || tries >= CONFLICT_TRIES) throw error;
    }
  }
}

/** Reads, changes, stores. `change` returning `undefined` = leave it. */
export async function updateTransfer<R extends TransferRecord>(
  ports: StorePorts,
  id: string,
  change: (record: Transfer) => R | undefined,
): Promise<Loaded<Transfer | R> | undefined> {
  return await onConflictAgain(async () => {
    const loaded = await loadNarrowed(ports, id);
    if (loaded === undefined) return undefined;
    const next = change(loaded.record);
    return next === undefined ? loaded : await saveTransfer(ports, loaded, next);
  });
}
