import type { LookupAddress } from 'node:dns';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Guard } from '../../lib/guard/guard.ts';
import { createGuard } from '../../lib/guard/guard.ts';
import { refusalOf } from '../../lib/guard/refused-addresses.ts';
import { guardWith, lookUp, resolver } from '../support/guarded.ts';
import { failureOf } from '../support/reading.ts';

function lookUpOne(guard: Guard, hostname: string): Promise<readonly [unknown, unknown]> {
  return new Promise((resolve, reject) => {
    guard.lookup(hostname, {}, (error, address, family) =>
      error === null ? resolve([address, family]) : reject(error),
    );
  });
}

describe('lookup', () => {
  const ANSWERS = {
    'public.test': ['8.8.8.8', '2606:4700::1111'],
    'inside.test': ['10.0.0.1'],
    'mixed.test': ['10.0.0.1', '8.8.4.4', '::1', '169.254.169.254', 'fe80::1%eth0', '64:ff9b::808:808'],
    'meta.test': ['169.254.169.254'],
    'own.test': ['10.9.9.9', '127.0.0.1', '169.254.169.254'],
    'none.test': [],
  };

  test('gives all addresses of a public host, as the resolver had them', async () => {
    const guard = guardWith(ANSWERS);
    expect(await lookUp(guard, 'public.test')).toEqual([
      { address: '8.8.8.8', family: 4 },
      { address: '2606:4700::1111', family: 6 },
    ]);
    expect(await lookUpOne(guard, 'public.test')).toEqual(['8.8.8.8', 4]);
  });

  test('gives the allowed ones of several, and never another', async () => {
    const guard = guardWith(ANSWERS);
    expect(await lookUp(guard, 'mixed.test')).toEqual([{ address: '8.8.4.4', family: 4 }]);
    expect(await lookUpOne(guard, 'mixed.test')).toEqual(['8.8.4.4', 4]);
  });

  test('refuses where none is left, without telling what there was', async () => {
    const guard = guardWith(ANSWERS);
    for (const host of ['inside.test', 'meta.test']) {
      for (const refused of [lookUp(guard, host), lookUpOne(guard, host)]) {
        const error = await failureOf(refused, 'GuardRefused');
        expect(JSON.stringify([error.message, error.details, error.cause])).not.toMatch(
          /10\.0\.0\.1|169\.254|private address|metadata/,
        );
        expect(error.message).toContain('privateHosts');
      }
    }
  });

  test('opens private addresses to whom privateHosts names, and metadata to nobody', async () => {
    const guard = guardWith(ANSWERS, { privateHosts: ['own.test', 'meta.test'] });
    expect(await lookUp(guard, 'own.test')).toEqual([
      { address: '10.9.9.9', family: 4 },
      { address: '127.0.0.1', family: 4 },
    ]);
    await failureOf(lookUp(guard, 'meta.test'), 'GuardRefused');
    await failureOf(lookUp(guard, 'inside.test'), 'GuardRefused');
  });

  test('holds the lists against names and against what they lead to', async () => {
    const guard = guardWith(ANSWERS, {
      denyHosts: ['8.8.8.8', 'inside.test', '2606:4700:0:0::1111'],
      privateHosts: ['inside.test'],
    });
    await failureOf(lookUp(guard, 'public.test'), 'GuardRefused');
    await failureOf(lookUp(guard, 'inside.test'), 'GuardRefused');
    await failureOf(lookUp(guardWith(ANSWERS, { allowHosts: ['other.test'] }), 'public.test'), 'GuardRefused');
  });

  test('asks nobody about an address, and judges it as one', async () => {
    const { asked, resolve } = resolver({});
    const guard = createGuard({ resolve });
    expect(await lookUp(guard, '8.8.8.8')).toEqual([{ address: '8.8.8.8', family: 4 }]);
    for (const host of [
      '127.0.0.1',
      '127.1',
      '0x7f.1',
      '2130706433',
      '::1',
      '[::1]',
      '::ffff:10.0.0.1',
      'fe80::1%eth0',
    ])
      await failureOf(lookUp(guard, host), 'GuardRefused');
    expect(asked).toEqual([]);
  });

  test('what has no address is not found, as it is without a guard', async () => {
    await failureOf(lookUp(guardWith(ANSWERS), 'none.test'), 'GuardRefused');
    const failing = createGuard({
      resolve: () => Promise.reject(Object.assign(new Error('try again'), { code: 'EAI_AGAIN' })),
    });
    await expect(lookUp(failing, 'a.test')).rejects.toMatchObject({ code: 'EAI_AGAIN' });
  });

  test('resolves anew each time: a name that was public a moment ago is refused once it leads inside', async () => {
    let turn = 0;
    const guard = createGuard({
      resolve: async () => {
        turn += 1;
        return [{ address: turn === 1 ? '8.8.8.8' : '127.0.0.1', family: 4 }];
      },
    });
    await guard.check('http://rebind.test/');
    await failureOf(lookUp(guard, 'rebind.test'), 'GuardRefused');
    expect(turn).toBe(2);
  });

  test('asks for the family that is wanted', async () => {
    const families: number[] = [];
    const guard = createGuard({
      resolve: async (_, family) => {
        families.push(family);
        return [{ address: '8.8.8.8', family: 4 }];
      },
    });
    for (const family of [undefined, 0, 4, 6, 'IPv4', 'IPv6'] as const) {
      await new Promise((done) => guard.lookup('a.test', family === undefined ? {} : { family }, done));
    }
    expect(families).toEqual([0, 0, 4, 6, 4, 6]);
  });

  test('gives no address that is refused, whatever the resolver answers', async () => {
    const address = fc.oneof(
      fc.ipV4(),
      fc.ipV6(),
      fc.constantFrom('127.0.0.1', '::1', '169.254.169.254', '8.8.8.8', 'junk', '::1%lo'),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(address, { minLength: 1, maxLength: 6 }), async (answers) => {
        const guard = guardWith({ 'any.test': answers });
        const found = await lookUp(guard, 'any.test').catch(() => []);
        for (const { address: given } of found) expect(refusalOf(given)).toBeUndefined();
        const publics = answers.filter((answer) => refusalOf(answer) === undefined);
        expect(found.map(({ address: given }) => given)).toEqual(publics);
      }),
    );
  });
});

describe('check', () => {
  test('resolves as well', async () => {
    const guard = guardWith({ 'inside.test': ['10.0.0.1'], 'public.test': ['8.8.8.8'] });
    await guard.check('https://public.test/a');
    await failureOf(guard.check('https://none.test/a'), 'GuardRefused');
    await failureOf(guard.check('https://inside.test/a'), 'GuardRefused');
    await failureOf(guard.check('http://127.0.0.1/'), 'GuardRefused');
    await failureOf(guard.check('nonsense'), 'InvalidUrl');
  });
});

describe('whether a name exists inside is told to nobody', () => {
  const errno = (code: string) => Object.assign(new Error(code), { code });
  const never = new Promise<never>(() => {});
  /** One name each; all of them get the same answer. */
  const RESOLVERS: Readonly<Record<string, () => Promise<readonly LookupAddress[]>>> = {
    private: async () => [{ address: '10.1.2.3', family: 4 }],
    metadata: async () => [{ address: '169.254.169.254', family: 4 }],
    unknown: () => Promise.reject(errno('ENOTFOUND')),
    'without an address': async () => [],
    unresolvable: () => Promise.reject(errno('EAI_AGAIN')),
    silent: () => never,
  };
  const guardOf = (name: string) => createGuard({ resolve: RESOLVERS[name] ?? (() => never), resolveTimeoutMs: 20 });

  test('at the submit: one answer for private, unknown, unresolvable and too slow', async () => {
    const answers = new Set<string>();
    for (const name of Object.keys(RESOLVERS)) {
      const error = await failureOf(guardOf(name).check('https://name.corp.test/a'), 'GuardRefused');
      answers.add(JSON.stringify([error.message, error.details]));
    }
    expect([...answers]).toHaveLength(1);
    expect([...answers][0]).not.toMatch(/10\.1|169\.254|ENOTFOUND|EAI_/);
  });

  test('at a connection and a redirect: one answer for private and unknown', async () => {
    const answers = new Set<string>();
    for (const name of ['private', 'metadata', 'unknown', 'without an address'])
      answers.add((await failureOf(lookUp(guardOf(name), 'name.corp.test'), 'GuardRefused')).message);
    expect([...answers]).toHaveLength(1);
  });

  test('a name that was public a moment ago may come back, so it is only not found', async () => {
    let isThere = true;
    const guard = createGuard({
      resolve: async () => {
        if (!isThere) throw errno('ENOTFOUND');
        return [{ address: '8.8.8.8', family: 4 }];
      },
    });
    await lookUp(guard, 'public.test');
    isThere = false;
    await expect(lookUp(guard, 'public.test')).rejects.toMatchObject({ code: 'ENOTFOUND' });
  });

  test('a name of privateHosts may be known to the fetchers alone', async () => {
    for (const name of ['unknown', 'silent']) {
      const policy = { privateHosts: ['mirror.corp.test'], resolveTimeoutMs: 20 };
      const guard = createGuard({ ...policy, resolve: RESOLVERS[name] ?? (() => never) });
      await guard.check('https://mirror.corp.test/a');
    }
  });
});
