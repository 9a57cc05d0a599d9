import { describe, expect, it } from 'vitest';
import { PieceworkError } from '../../lib/errors/error.ts';
import type { Loaded } from '../../lib/pipeline/shared/store.ts';
import {
  createTransfer,
  createUnlessThere,
  loadTransfer,
  onConflictAgain,
  saveTransfer,
  updateTransfer,
} from '../../lib/pipeline/shared/store.ts';
import { TakenOver } from '../../lib/pipeline/shared/taken-over.ts';
import { memoryRecords } from '../../lib/records/memory.ts';
import type { Records } from '../../lib/records/records.ts';
import { KEYS } from '../../lib/records/records.ts';
import type { TransferRecord } from '../../lib/transfer/record/record.ts';
import { accepted } from '../support/a-transfer.ts';

type Put = Records['put'];

/** Records whose puts go wrong in the order that the test says, and right after that; `ids` count from 1. */
function world(...troubles: readonly ((put: Put) => Put)[]) {
  const records = memoryRecords();
  const left = [...troubles];
  let puts = 0;
  let ids = 0;
  const put: Put = (key, value, on) => {
    puts += 1;
    const trouble = left.shift();
    return (trouble === undefined ? records.put.bind(records) : trouble(records.put.bind(records)))(key, value, on);
  };
  const ulid = () => {
    ids += 1;
    return `id${ids}`;
  };
  return { records, ports: { records: { ...records, put } as Records, ids: { ulid } }, puts: () => puts };
}

const unsure = () => new PieceworkError('DestinationUnreachable', 'the answer was lost');
const conflict = () => new PieceworkError('Conflict', '412');

/** Written, and an error for an answer. */
function lost(error: () => PieceworkError) {
  return (put: Put): Put =>
    async (key, value, on) => {
      await put(key, value, on);
      throw error();
    };
}

/** Not written, and an error. */
function refused(error: () => PieceworkError) {
  return (): Put => () => Promise.reject(error());
}

/** Another process writes first; then as `then` says. */
function overtaken(records: () => Records, then: (put: Put) => Put) {
  return (put: Put): Put =>
    async (key, value, on) => {
      const there = await records().get(KEYS.transfer('01TRANSFER'));
      if (there !== undefined)
        await records().put(
          KEYS.transfer('01TRANSFER'),
          { ...there.value, rev: there.value.rev + 1, writeId: 'somebody' },
          there.version,
        );
      return await then(put)(key, value, on);
    };
}

const { rev: _, writeId: __, ...FRESH } = accepted();

async function created(ports: Parameters<typeof createTransfer>[0]): Promise<Loaded> {
  return await createTransfer(ports, FRESH);
}

function changed(record: TransferRecord): TransferRecord {
  return { ...record, status: 'planning' };
}

describe('a write of a transfer', () => {
  it('counts rev up and has a writeId of its own', async () => {
    const { ports } = world();
    const first = await created(ports);
    expect(first.record).toMatchObject({ rev: 1, writeId: 'id1' });
    expect((await saveTransfer(ports, first, changed(first.record))).record).toMatchObject({ rev: 2, writeId: 'id2' });
  });

  it('of something that was changed since is a conflict, and changes nothing', async () => {
    const { ports } = world();
    const first = await created(ports);
    const second = await saveTransfer(ports, first, changed(first.record));
    await expect(saveTransfer(ports, first, first.record)).rejects.toMatchObject({ code: 'Conflict' });
    expect(await loadTransfer(ports, '01TRANSFER')).toEqual(second);
  });

  it('of a record that is there already is a conflict', async () => {
    const { ports } = world();
    await created(ports);
    await expect(created(ports)).rejects.toMatchObject({ code: 'Conflict' });
  });
});

describe('an unsure write (rule 2)', () => {
  it.each([
    ['an error', unsure],
    ['the refusal of its own repetition', conflict],
  ])('that was written is found by its writeId: answered by %s', async (_name, error) => {
    const { ports, puts } = world(lost(error));
    const stored = await created(ports);
    expect(await loadTransfer(ports, '01TRANSFER')).toEqual(stored);
    expect(puts()).toBe(1);
  });

  it('that was written can be built on: its version is the one that is there', async () => {
    const { ports } = world(lost(unsure));
    const first = await created(ports);
    await expect(saveTransfer(ports, first, changed(first.record))).resolves.toMatchObject({ record: { rev: 2 } });
  });

  it('that was not written is written again, with the same writeId', async () => {
    const { ports, puts } = world(refused(unsure), refused(unsure));
    const stored = await created(ports);
    expect(stored.record.writeId).toBe('id1');
    expect(puts()).toBe(3);
  });

  it('of a change that was not written is written again', async () => {
    const { ports, puts } = world((put) => put, refused(unsure));
    const first = await created(ports);
    const second = await saveTransfer(ports, first, changed(first.record));
    expect(await loadTransfer(ports, '01TRANSFER')).toEqual(second);
    expect(puts()).toBe(3);
  });

  it('that somebody overtook is a conflict, and is not repeated', async () => {
    const { ports, records, puts } = world(
      (put) => put,
      overtaken(() => records, refused(unsure)),
    );
    const first = await created(ports);
    await expect(saveTransfer(ports, first, changed(first.record))).rejects.toMatchObject({ code: 'Conflict' });
    expect((await loadTransfer(ports, '01TRANSFER'))?.record.writeId).toBe('somebody');
    expect(puts()).toBe(2);
  });

  it('that stays unsure gives up with its own error', async () => {
    const { ports, puts } = world(...Array.from({ length: 9 }, () => refused(unsure)));
    await expect(created(ports)).rejects.toMatchObject({ code: 'DestinationUnreachable' });
    expect(puts()).toBe(4);
  });

  it('is not looked for when the store says for good that it can not be', async () => {
    const { ports, puts } = world(refused(() => new PieceworkError('DestinationDenied', '403')));
    await expect(created(ports)).rejects.toMatchObject({ code: 'DestinationDenied' });
    expect(puts()).toBe(1);
  });
});

describe('what loses its swap', () => {
  it('is done again with what is there now', async () => {
    const { ports, records } = world(
      (put) => put,
      overtaken(
        () => records,
        (put) => put,
      ),
    );
    await created(ports);
    const stored = await updateTransfer(ports, '01TRANSFER', changed);
    expect(stored?.record).toMatchObject({ status: 'planning', rev: 3 });
  });

  it('is given back after four times', async () => {
    let tries = 0;
    const losing = () => {
      tries += 1;
      return Promise.reject(conflict());
    };
    await expect(onConflictAgain(losing)).rejects.toMatchObject({ code: 'Conflict' });
    expect(tries).toBe(4);
  });

  it.each([
    ['any other error', unsure()],
    ['a transfer that goes on without this worker', new TakenOver('01TRANSFER')],
  ])('is not done again for %s', async (_, error) => {
    let tries = 0;
    const failing = () => {
      tries += 1;
      return Promise.reject(error);
    };
    await expect(onConflictAgain(failing)).rejects.toBe(error);
    expect(tries).toBe(1);
  });

  it('that decides to leave it writes nothing', async () => {
    const { ports, puts } = world();
    const first = await created(ports);
    expect(await updateTransfer(ports, '01TRANSFER', () => undefined)).toEqual(first);
    expect(await updateTransfer(ports, 'nobody', changed)).toBeUndefined();
    expect(puts()).toBe(1);
  });
});

describe('what may be created more than once', () => {
  const KEY = KEYS.active('01TRANSFER', 1);
  const MARKER = { v: 1, at: '2026-11-24T00:00:00.000Z' } as const;

  it('is written again while that is unsure', async () => {
    const { ports, records } = world(refused(unsure), refused(unsure), refused(unsure));
    expect(await createUnlessThere(ports, KEY, MARKER)).toBe('created');
    expect((await records.get(KEY))?.value).toEqual(MARKER);
  });

  it('may be there because its own answer was lost', async () => {
    const { ports, records } = world(lost(unsure));
    expect(await createUnlessThere(ports, KEY, MARKER)).toBe('there');
    expect((await records.get(KEY))?.value).toEqual(MARKER);
  });

  it('that stays unsure gives up with its own error', async () => {
    const { ports, puts } = world(...Array.from({ length: 9 }, () => refused(unsure)));
    await expect(createUnlessThere(ports, KEY, MARKER)).rejects.toMatchObject({ code: 'DestinationUnreachable' });
    expect(puts()).toBe(4);
  });

  it('is not tried again where it is refused for good', async () => {
    const { ports, puts } = world(refused(() => new PieceworkError('HomeRefused', 'denied')));
    await expect(createUnlessThere(ports, KEY, MARKER)).rejects.toMatchObject({ code: 'HomeRefused' });
    expect(puts()).toBe(1);
  });
});
