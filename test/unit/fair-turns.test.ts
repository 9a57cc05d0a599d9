import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fairTurns } from '../../lib/local/engine/fair-turns.ts';

const never = new AbortController().signal;

/** So many places; what asks for more than there are waits. */
function places(most: number) {
  const state = { most, taken: 0 };
  const turns = fairTurns<number>({
    judge: (wanted) => (state.taken + wanted <= state.most ? 'free' : 'waits'),
    take(wanted) {
      state.taken += wanted;
    },
    giveBack(wanted) {
      state.taken -= wanted;
    },
  });
  return { state, turns };
}

/** Lets everything that can go on go on. */
function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/** Asks under a name, and notes who is served. */
function queueOn(turns: ReturnType<typeof places>['turns']) {
  const served: string[] = [];
  const leases: Disposable[] = [];
  const ask = (asker: object, name: string, wanted = 1, signal = never) => {
    void turns.ask(asker, wanted, signal).then(
      (lease) => {
        served.push(name);
        leases.push(lease);
      },
      (reason: unknown) => served.push(`${name}: ${String(reason)}`),
    );
  };
  const giveBack = async () => {
    leases.shift()?.[Symbol.dispose]();
    await turn();
  };
  return { served, ask, giveBack };
}

describe('what is scarce', () => {
  it('goes to one after the other, however many requests one of them has', async () => {
    const { turns } = places(1);
    const { served, ask, giveBack } = queueOn(turns);
    const [big, small, third] = [{}, {}, {}];
    for (const name of ['big 1', 'big 2', 'big 3', 'big 4']) ask(big, name);
    ask(small, 'small 1');
    ask(third, 'third 1');
    ask(small, 'small 2');
    await turn();
    for (let round = 0; round < 6; round += 1) await giveBack();
    expect(served).toEqual(['big 1', 'big 2', 'small 1', 'third 1', 'big 3', 'small 2', 'big 4']);
  });

  it('is kept for who wants more than there is at the moment', async () => {
    const { turns } = places(2);
    const { served, ask, giveBack } = queueOn(turns);
    ask({}, 'one');
    ask({}, 'both', 2);
    ask({}, 'late');
    await turn();
    expect(served).toEqual(['one']);
    await giveBack();
    expect(served).toEqual(['one', 'both']);
    await giveBack();
    expect(served).toEqual(['one', 'both', 'late']);
  });

  it('goes past who has to wait for something else', async () => {
    let isOpen = false;
    const turns = fairTurns<'closed' | 'open'>({
      judge: (wanted) => (wanted === 'open' || isOpen ? 'free' : 'passed'),
      take: () => {},
      giveBack: () => {},
    });
    const served: string[] = [];
    void turns.ask({}, 'closed', never).then(() => served.push('closed'));
    void turns.ask({}, 'open', never).then(() => served.push('open'));
    await turn();
    expect(served).toEqual(['open']);
    isOpen = true;
    // Whatever is asked for next has all that wait looked at again.
    void turns.ask({}, 'open', never);
    await turn();
    expect(served).toEqual(['open', 'closed']);
  });

  it('is not waited for any more once the signal is aborted, and who was held back goes on', async () => {
    const { turns } = places(2);
    const { served, ask, giveBack } = queueOn(turns);
    const leaving = new AbortController();
    ask({}, 'one');
    ask({}, 'both', 2, leaving.signal);
    ask({}, 'late');
    await turn();
    leaving.abort('enough');
    await turn();
    expect(served).toEqual(['one', 'both: enough', 'late']);
    await giveBack();
    ask({}, 'after', 1, leaving.signal);
    await turn();
    expect(served.at(-1)).toBe('after: enough');
  });

  it('is given back once, however often that is said', async () => {
    const { state, turns } = places(2);
    const lease = await turns.ask({}, 1, never);
    await turns.ask({}, 1, never);
    lease[Symbol.dispose]();
    lease[Symbol.dispose]();
    expect(state.taken).toBe(1);
  });

  it('is never given out twice, and all of it comes back', async () => {
    const steps = fc.array(
      fc.record({
        asker: fc.nat({ max: 3 }),
        wanted: fc.integer({ min: 1, max: 3 }),
        back: fc.nat(),
        leaves: fc.boolean(),
      }),
      { maxLength: 40 },
    );
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 3, max: 5 }), steps, async (most, todo) => {
        const { state, turns } = places(most);
        const askers = [{}, {}, {}, {}];
        const held: Disposable[] = [];
        const leaving: AbortController[] = [];
        for (const { asker, wanted, back, leaves } of todo) {
          const own = new AbortController();
          leaving.push(own);
          turns.ask(askers[asker] ?? {}, wanted, own.signal).then(
            (lease) => held.push(lease),
            () => {},
          );
          await turn();
          expect(state.taken).toBeLessThanOrEqual(most);
          if (leaves) leaving[back % leaving.length]?.abort();
          held.splice(back % (held.length + 1), 1)[0]?.[Symbol.dispose]();
        }
        for (const own of leaving) own.abort();
        await turn();
        for (const lease of held) lease[Symbol.dispose]();
        expect(state.taken).toBe(0);
      }),
      { numRuns: 50 },
    );
  });
});
