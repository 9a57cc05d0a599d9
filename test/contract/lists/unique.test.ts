import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { ListOptions } from '../../../lib/lists/options.ts';
import { NumberTable } from '../../../lib/lists/unique/number-table.ts';
import { allOf } from './suite.ts';

const named = (...names: readonly string[]) =>
  `url\tname\n${names.map((name, index) => `https://e.example/${index}\t${name}\n`).join('')}`;
const namesOf = async (text: string, options: ListOptions) =>
  (await allOf(text, options)).map((each) => (each.kind === 'entry' ? each.name : each.collidesWith));

describe('two entries with one name', () => {
  test.each(['fail', 'first'] as const)('%s: the second is none, and names the first', async (onCollision) => {
    const listed = await allOf(named('a.bin', 'b.bin', './a.bin'), { onCollision });
    expect(listed).toMatchObject([
      { name: 'a.bin' },
      { name: 'b.bin' },
      {
        kind: 'invalid',
        number: 3,
        collidesWith: 1,
        message: expect.stringMatching(/^line 4, column 1: entry 1 has the name "a\.bin"/),
      },
    ]);
  });

  test('number: it gets a name that no other has', async () => {
    const names = ['in/a.bin', 'in/a.bin', 'in/a-2.bin', 'in/a.bin', 'b', 'b'];
    expect(await namesOf(named(...names), { onCollision: 'number' })).toEqual([
      'in/a.bin',
      'in/a-2.bin',
      'in/a-2-2.bin',
      'in/a-3.bin',
      'b',
      'b-2',
    ]);
  });

  test('number: a name stays short enough for a file system', async () => {
    const long = `${'ü'.repeat(125)}.bin`;
    const [, second] = await namesOf(named(long, long), { onCollision: 'number' });
    expect(second).toMatch(/^ü{50}-2\.bin$/);
  });

  test('differ by case, or do not', async () => {
    const list = named('A.bin', 'a.bin');
    expect(await namesOf(list, { onCollision: 'first' })).toEqual(['A.bin', 'a.bin']);
    expect(await namesOf(list, { onCollision: 'first', ignoresCase: true })).toEqual(['A.bin', 1]);
  });

  test('are not looked for unless it is asked', async () => {
    expect(await namesOf(named('a', 'a'), {})).toEqual(['a', 'a']);
  });
});

describe('one source on several rows', () => {
  const list =
    'url\tname\tsize\nhttps://e.example/a\tx\t1\nhttps://e.example/a\tx\t1\nhttps://e.example/a\ty\t1\nhttps://e.example/a\tz\t2\n';

  test('is marked, with its own name', async () => {
    const listed = await allOf(list, { onCollision: 'fail' });
    expect(listed.map((each) => each.kind === 'entry' && [each.name, each.duplicateOf])).toEqual([
      ['x', undefined],
      ['x', 1],
      ['y', 1],
      // Of another size it can't be the same.
      ['z', undefined],
    ]);
  });

  test('is marked by the first that is taken: one that is refused brings no bytes', async () => {
    const rows = ['b\tx', 'a\tx', 'a\ty', 'a\tz'].map((row) => `https://e.example/${row}\n`).join('');
    const listed = await allOf(`url\tname\n${rows}`, { onCollision: 'first' });
    expect(listed.map((each) => (each.kind === 'entry' ? [each.name, each.duplicateOf] : each.collidesWith))).toEqual([
      ['x', undefined],
      1,
      ['y', undefined],
      ['z', 3],
    ]);
  });

  test.each(['fail', 'first', 'number'] as const)(
    'twice under one name is no collision where another name has it first: %s',
    async (onCollision) => {
      const rows = ['a\tx', 'a\ty', 'a\ty', 'b\ty'].map((row) => `https://e.example/${row}\n`).join('');
      const listed = await allOf(`url\tname\n${rows}`, { onCollision });
      expect(listed.slice(0, 3).map((each) => each.kind === 'entry' && [each.name, each.duplicateOf])).toEqual([
        ['x', undefined],
        ['y', 1],
        ['y', 1],
      ]);
      expect(listed[3]).toMatchObject(onCollision === 'number' ? { name: 'y-2' } : { collidesWith: 2 });
    },
  );

  test('is another file where it is asked for with other headers', async () => {
    const rows = ['one', 'one', 'two'].map(
      (who, index) => `https://e.example/a\n out=${index}\n header=X-Who: ${who}\n`,
    );
    const listed = await allOf(rows.join(''), { onCollision: 'fail' });
    expect(listed.map((each) => each.kind === 'entry' && each.duplicateOf)).toEqual([undefined, 1, undefined]);
  });
});

test('the table knows every text that it was given, and no other', () => {
  fc.assert(
    fc.property(fc.uniqueArray(fc.string(), { maxLength: 3000 }), (texts) => {
      const table = new NumberTable();
      for (const [index, text] of texts.entries()) expect(table.add(text, index + 1)).toBeUndefined();
      for (const [index, text] of texts.entries()) expect(table.add(text, 9)).toBe(index + 1);
      expect(table.get(`${texts.join('')}!`)).toBeUndefined();
    }),
    { numRuns: 20 },
  );
});

describe('a selection', () => {
  const list = named('a.bin', 'in/b.bin', 'in/deep/c.txt', '.d.bin');

  test.each([
    [{ include: ['*.bin'] }, ['a.bin', 'in/b.bin', 'd.bin']],
    [{ include: ['in/**'], exclude: ['*.txt'] }, ['in/b.bin']],
    [{ exclude: ['in/*'] }, ['a.bin', 'in/deep/c.txt', 'd.bin']],
    [{ include: ['{a,c}.*'] }, ['a.bin', 'in/deep/c.txt']],
  ])('%j', async (options, names) => {
    const listed = await allOf(list, options);
    expect(listed.map((each) => each.kind === 'entry' && each.name)).toEqual(names);
    expect(listed.map(({ number }) => number)).toEqual(names.map((_, index) => index + 1));
  });

  test('of nothing is an error that says so', async () => {
    await expect(allOf(list, { include: ['*.zip'] })).rejects.toMatchObject({
      code: 'InvalidList',
      message: expect.stringContaining('4 entries, and none of them is selected'),
    });
  });

  test.each([{ include: [''] }, { exclude: ['[a'] }, { include: ['x'.repeat(2000)] }])(
    '%j is none',
    async (options) => {
      await expect(allOf(list, options)).rejects.toMatchObject({ code: 'InvalidOption' });
    },
  );

  test('of the first ones reads no further', async () => {
    let given = 0;
    async function* chunks() {
      for (;;) {
        given += 1;
        yield Buffer.from(`https://e.example/${given}\n`.repeat(1000));
      }
    }
    const { readList } = await import('../../../lib/lists/read-list.ts');
    const numbers: number[] = [];
    for await (const { number } of await readList(chunks(), { limit: 3 })) numbers.push(number);
    expect(numbers).toEqual([1, 2, 3]);
    expect(given).toBeLessThan(10);
  });
});
