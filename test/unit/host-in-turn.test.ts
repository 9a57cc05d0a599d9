import { expect, test } from 'vitest';
import { changeHost } from '../../lib/pipeline/shared/hosts/change.ts';
import type { Records } from '../../lib/records/records.ts';
import { KEYS } from '../../lib/records/records.ts';
import { stillPorts } from '../support/still-ports.ts';

const never = new AbortController().signal;

test('changes of one host’s entry by one process go one after another: none is lost, and no swap either', async () => {
  const { ports } = stillPorts();
  let puts = 0;
  const records: Records = {
    ...ports.records,
    async put(key, value, on) {
      puts += 1;
      return await ports.records.put(key, value, on);
    },
  };
  const add = (host: string) =>
    changeHost(
      { ...ports, records },
      host,
      ({ ceiling = 0, ...entry }) => ({ next: { ...entry, ceiling: ceiling + 1 } }),
      never,
    );
  await Promise.all([...Array.from({ length: 20 }, () => add('a.example')), add('b.example')]);
  expect(puts).toBe(21);
  expect((await records.get(KEYS.host('a.example')))?.value.ceiling).toBe(20);
  // One that fails does not keep the next from its turn.
  const fails = { ...records, put: () => Promise.reject(new Error('gone')) };
  const both = [changeHost({ ...ports, records: fails }, 'c', () => ({ next: { v: 1 } }), never)];
  both.push(changeHost({ ...ports, records: fails }, 'c', () => ({ next: { v: 1 } }), never));
  expect((await Promise.allSettled(both)).map(({ status }) => status)).toEqual(['rejected', 'rejected']);
});
