import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { BATCH_MUTATIONS } from './batch-mutations.ts';
import { LOAD_MUTATIONS } from './load-mutations.ts';
import { MACHINE_MUTATIONS } from './machine-mutations.ts';
import { mutated } from './mutation.ts';
import { MUTATIONS } from './mutations.ts';

/** What each does to the simulation is for `npm run mutate`; here it is only held to the code as it stands. */
describe('the deliberate faults', () => {
  it.each([...MUTATIONS, ...LOAD_MUTATIONS, ...MACHINE_MUTATIONS, ...BATCH_MUTATIONS])(
    'fits the code: $name',
    async (mutation) => {
      const source = await readFile(join(import.meta.dirname, '../../..', mutation.file), 'utf8');
      expect(mutated(source, mutation)).not.toBe(source);
    },
  );
});
