import fc from 'fast-check';
import picomatch from 'picomatch';
import { describe, expect, test } from 'vitest';
import { glob } from '../../../lib/lists/finish/glob.ts';

describe('a glob', () => {
  test.each([
    ['*.gz', 'in/deep/a.gz', true],
    ['*.gz', 'a.gz.md5', false],
    ['in/*.gz', 'in/deep/a.gz', false],
    ['in/**/*.gz', 'in/a.gz', true],
    ['in/**/*.gz', 'in/very/deep/a.gz', true],
    ['**/old/**', 'in/old/a', true],
    ['in/**', 'in', false],
    ['?.gz', '😀.gz', true],
    ['[!a-c]*', 'd.gz', true],
    ['[!a-c]*', 'b.gz', false],
    ['[]x]', ']', true],
    ['sample_{01..12}_R[12].fastq.gz', 'run/sample_07_R2.fastq.gz', true],
    ['sample_{01..12}_R[12].fastq.gz', 'run/sample_7_R2.fastq.gz', false],
    ['{a,b{c,d}}/x', 'bd/x', true],
    ['{c..a}', 'b', true],
    ['{guid}', '{guid}', true],
    ['*(1).pdf', 'report(1).pdf', true],
    ['\\*', '*', true],
    ['\\*', 'a', false],
    ['*.GZ', 'a.gz', false],
    ['*', '.hidden', true],
  ])('%s and %s: %s', (pattern, name, isMatched) => {
    expect(glob(pattern)(name)).toBe(isMatched);
  });

  test.each([
    ['[a', '[ in it is not closed'],
    ['{a,b', '{ in it is not closed'],
    ['@(a|b)', 'write {a,b}'],
    ['!(*.md5)', '--exclude in place of'],
    ['{1..5000}', 'more than 1000 alternatives'],
    ['{1..z}', 'is no range'],
    ['{a,b}'.repeat(30), 'too many'],
    ['{'.repeat(20) + '}'.repeat(20), 'lie in one another'],
  ])('%s is none', (pattern, said) => {
    expect(() => glob(pattern)).toThrow(said);
  });

  // With a matcher that goes back to every star, the first of these takes a minute, and the others longer than that.
  test.each([
    ['*a*a*a*a*a*a*a*b', 'a'.repeat(60)],
    ['*a'.repeat(400), `${'a'.repeat(399)}b`.repeat(2)],
    [`${'**/a/'.repeat(150)}b`, `${'a/'.repeat(400)}c`],
    ['*[ab]?*'.repeat(100), 'ab'.repeat(99)],
  ])('%s keeps nothing busy', (pattern, name) => {
    expect(glob(pattern)(name)).toBe(false);
  });

  test('takes what picomatch takes, where both understand a pattern', () => {
    const literal = fc.stringMatching(/^[a-c.]{1,3}$/);
    const special = fc.constantFrom('*', '?', '[ab]', '[^a]', '[a-b]', '{a,b}', '{ab,c}', '{a,b*}');
    const within = fc
      .array(fc.oneof({ weight: 3, arbitrary: literal }, special), { minLength: 1, maxLength: 4 })
      .map((parts) => parts.join('').replace(/\*+/g, '*'));
    const folders = fc.array(fc.oneof({ weight: 4, arbitrary: within }, fc.constant('**')), { maxLength: 3 });
    const patterns = fc.tuple(folders, within).map(([before, last]) => [...before, last].join('/'));
    const segment = fc.stringMatching(/^[a-c.]{1,5}$/).filter((text) => !/^\.+$/.test(text));
    const names = fc.array(segment, { minLength: 1, maxLength: 4 }).map((segments) => segments.join('/'));
    fc.assert(
      fc.property(patterns, names, (pattern, name) => {
        const settings = { dot: true, basename: !pattern.includes('/'), nonegate: true };
        expect(glob(pattern)(name)).toBe(picomatch(pattern, settings)(name));
      }),
      { numRuns: 2_000 },
    );
  });
});
