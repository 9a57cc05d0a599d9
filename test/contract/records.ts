import { describe, expect, test } from 'vitest';
import type { RecordKey, Records } from '../../lib/records/records.ts';
import { failureOf } from '../support/reading.ts';

export interface RecordsSubject {
  readonly records: Records;
  /** The same records, as another process sees them. */
  again(): Records;
}

interface Count {
  readonly count: number;
}

const key = (path: string): RecordKey<Count> => ({ path });

/** Adds one, as often as it takes to win. */
async function increment(records: Records, path: string): Promise<void> {
  for (;;) {
    const found = await records.get(key(path));
    if (found === undefined) throw new Error(`nothing at ${path}`);
    try {
      await records.put(key(path), { count: found.value.count + 1 }, found.version);
      return;
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'Conflict')) throw error;
    }
  }
}

/** The behaviour of the port `Records`, for every implementation. `setup` gives empty ones, with pages of 3 paths. */
export function recordsContract(name: string, setup: () => Promise<RecordsSubject>): void {
  describe(`records contract: ${name}`, () => {
    test('nothing is undefined', async () => {
      const { records } = await setup();
      expect(await records.get(key('transfers/none.json'))).toBeUndefined();
    });

    test('what was put is got, by somebody else as well', async () => {
      const { records, again } = await setup();
      const value = { text: 'ü\n"€"', list: [1, null, { deep: true }], count: 1 };
      const version = await records.put(key('transfers/a.json'), value, 'absent');
      expect(await records.get(key('transfers/a.json'))).toEqual({ value, version });
      expect(await again().get(key('transfers/a.json'))).toEqual({ value, version });
    });

    test('many are got at once, in their order, where that is cheaper', async () => {
      const { records } = await setup();
      for (const [index, name] of ['a', 'b', 'c'].entries())
        await records.put(key(`transfers/${name}.json`), { count: index }, 'absent');
      const names = ['c', 'none', 'a'];
      const found = await records.getMany?.(names.map((name) => key(`transfers/${name}.json`)));
      if (records.getMany !== undefined) expect(found).toEqual([{ count: 2 }, undefined, { count: 0 }]);
    });

    test('what is stored changes neither with what was given nor with what was got', async () => {
      const { records } = await setup();
      const given = { count: 1 };
      await records.put(key('transfers/a.json'), given, 'absent');
      given.count = 2;
      const got = await records.get(key('transfers/a.json'));
      expect(got?.value).toEqual({ count: 1 });
      Object.assign(got?.value ?? {}, { count: 3 });
      expect((await records.get(key('transfers/a.json')))?.value).toEqual({ count: 1 });
    });

    test('"absent" is refused where something is, and leaves it', async () => {
      const { records } = await setup();
      await records.put(key('keys/a'), { count: 1 }, 'absent');
      await failureOf(records.put(key('keys/a'), { count: 2 }, 'absent'), 'Conflict');
      expect((await records.get(key('keys/a')))?.value).toEqual({ count: 1 });
    });

    test('a version is good for one write', async () => {
      const { records, again } = await setup();
      const first = await records.put(key('keys/a'), { count: 1 }, 'absent');
      const second = await records.put(key('keys/a'), { count: 2 }, first);
      expect(second).not.toBe(first);
      await failureOf(again().put(key('keys/a'), { count: 3 }, first), 'Conflict');
      expect(await records.get(key('keys/a'))).toEqual({ value: { count: 2 }, version: second });
    });

    test('the same value again has another version: a writer in between is noticed', async () => {
      const { records } = await setup();
      const first = await records.put(key('keys/a'), { count: 1 }, 'absent');
      const second = await records.put(key('keys/a'), { count: 2 }, first);
      const third = await records.put(key('keys/a'), { count: 1 }, second);
      expect(new Set([first, second, third]).size).toBe(3);
      await failureOf(records.put(key('keys/a'), { count: 9 }, first), 'Conflict');
    });

    test('a version does not survive its deletion, nor a new creation', async () => {
      const { records } = await setup();
      const first = await records.put(key('keys/a'), { count: 1 }, 'absent');
      await records.delete(key('keys/a'));
      await failureOf(records.put(key('keys/a'), { count: 2 }, first), 'Conflict');
      expect(await records.get(key('keys/a'))).toBeUndefined();
      const second = await records.put(key('keys/a'), { count: 1 }, 'absent');
      expect(second).not.toBe(first);
      await failureOf(records.put(key('keys/a'), { count: 2 }, first), 'Conflict');
    });

    test('deleted it is gone, and that twice is no error', async () => {
      const { records } = await setup();
      await records.put(key('active/T/1'), { count: 1 }, 'absent');
      await records.put(key('active/T/2'), { count: 2 }, 'absent');
      await records.delete(key('active/T/1'));
      await records.delete(key('active/T/1'));
      await records.delete(key('active/never/1'));
      expect(await records.get(key('active/T/1'))).toBeUndefined();
      expect((await records.get(key('active/T/2')))?.value).toEqual({ count: 2 });
    });

    test('lists the paths under a prefix, ascending, page by page', async () => {
      const { records, again } = await setup();
      const active = [
        'active/A/1',
        'active/A/2',
        'active/AB/1',
        'active/B/1',
        'active/C/1',
        'active/C/10',
        'active/C/2',
      ];
      for (const path of [...active].reverse()) await records.put(key(path), { count: 1 }, 'absent');
      await records.put(key('transfers/A.json'), { count: 1 }, 'absent');
      await records.put(key('hosts/=5B::1=5D.json'.replaceAll(':', '=')), { count: 1 }, 'absent');

      async function all(prefix: string): Promise<string[]> {
        const paths: string[] = [];
        let cursor: string | undefined;
        do {
          const page = await again().list(prefix, cursor);
          expect(page.paths.length).toBeLessThanOrEqual(3);
          paths.push(...page.paths);
          cursor = page.cursor;
        } while (cursor !== undefined);
        return paths;
      }

      expect(await all('active/')).toEqual(active);
      expect(await all('active/A/')).toEqual(['active/A/1', 'active/A/2']);
      expect(await all('active/A')).toEqual(['active/A/1', 'active/A/2', 'active/AB/1']);
      expect(await all('transfers/')).toEqual(['transfers/A.json']);
      expect(await all('t')).toEqual(['transfers/A.json']);
      expect(await all('none/')).toEqual([]);
      expect(await all('')).toHaveLength(9);
    });

    test('of 20 who create at once one wins', async () => {
      const { records, again } = await setup();
      const outcomes = await Promise.allSettled(
        Array.from({ length: 20 }, (_, index) =>
          (index % 2 === 0 ? records : again()).put(key('keys/race'), { count: index }, 'absent'),
        ),
      );
      const winners = outcomes.flatMap((outcome, index) =>
        outcome.status === 'fulfilled' ? [{ index, version: outcome.value }] : [],
      );
      expect(winners).toHaveLength(1);
      expect(await records.get(key('keys/race'))).toEqual({
        value: { count: winners[0]?.index },
        version: winners[0]?.version,
      });
      for (const outcome of outcomes) {
        if (outcome.status === 'rejected') expect(outcome.reason).toMatchObject({ code: 'Conflict' });
      }
    });

    test('8 who add 10 times each by compare-and-swap add 80', async () => {
      const { records, again } = await setup();
      await records.put(key('transfers/sum.json'), { count: 0 }, 'absent');
      const ten = async (mine: Records) => {
        for (let times = 0; times < 10; times += 1) await increment(mine, 'transfers/sum.json');
      };
      await Promise.all(Array.from({ length: 8 }, (_, index) => ten(index % 2 === 0 ? records : again())));
      expect((await records.get(key('transfers/sum.json')))?.value).toEqual({ count: 80 });
    });
  });
}
