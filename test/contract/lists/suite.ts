import { promisify } from 'node:util';
import { gzip, zstdCompress } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Entry, Listed } from '../../../lib/lists/entry.ts';
import type { ListFormat, ListOptions } from '../../../lib/lists/options.ts';
import type { List } from '../../../lib/lists/read-list.ts';
import { readList } from '../../../lib/lists/read-list.ts';

export type Shown = Pick<Entry, 'name' | 'sources'> & Partial<Omit<Entry, 'name' | 'sources' | 'kind' | 'number'>>;

export interface ListSubject {
  readonly format: ListFormat;
  /** In the shape that its publishers use, with LF. */
  readonly list: string;
  /** What is in it, without number and place. */
  readonly entries: readonly Shown[];
  /** Besides the format. */
  readonly options?: ListOptions;
  /** How the list is recognised where nothing says its format; `undefined` = it is not, or as a simpler kind. */
  readonly recognised?: { readonly fileName?: string };
  /** A line or item of it that is no entry, by a text that is put in for another one. */
  readonly broken: { readonly find: string; readonly put: string; readonly problem: RegExp };
  /** An empty file is no list of this kind, which is said in other words. */
  readonly emptyProblem?: RegExp;
}

async function* chunksOf(bytes: Uint8Array, cuts: readonly number[] = []): AsyncGenerator<Uint8Array> {
  const places = [...new Set(cuts.map((cut) => cut % Math.max(1, bytes.length)))].sort((a, b) => a - b);
  let from = 0;
  for (const to of [...places, bytes.length]) {
    yield bytes.subarray(from, to);
    from = to;
  }
}

export async function listOf(
  text: string | Uint8Array,
  options: ListOptions = {},
  cuts: readonly number[] = [],
): Promise<List> {
  return await readList(chunksOf(Buffer.from(text as string), cuts), options);
}

export async function allOf(
  text: string | Uint8Array,
  options: ListOptions = {},
  cuts: readonly number[] = [],
): Promise<Listed[]> {
  return await gathered(await listOf(text, options, cuts));
}

export async function gathered<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}

/** Without number and place, and without what is empty. */
export function shown(listed: readonly Listed[]): Shown[] {
  return listed.map((each) => {
    if (each.kind === 'invalid') throw new Error(each.message);
    const { kind: _, number: __, at: ___, digests, ...rest } = each;
    return Object.keys(digests).length === 0 ? rest : { ...rest, digests };
  });
}

/** What every kind of list holds to. */
export function listContract(subject: ListSubject): void {
  const { format, list, entries, broken, recognised } = subject;
  const options: ListOptions = { ...subject.options, format };
  const read = async (text: string | Uint8Array, cuts?: readonly number[]) => await allOf(text, options, cuts);

  describe(`a list of the kind ${format}`, () => {
    test('gives its entries, numbered in its order, each with its place', async () => {
      const listed = await read(list);
      expect(shown(listed)).toEqual(entries);
      expect(listed.map(({ number }) => number)).toEqual(entries.map((_, index) => index + 1));
      for (const { at } of listed) expect(at.line ?? at.pointer).toBeDefined();
    });

    test(recognised === undefined ? 'is recognised by none of its signs' : 'is recognised', async () => {
      const found = await listOf(list, { ...subject.options, ...recognised });
      if (recognised === undefined) {
        expect(found.format).not.toBe(format);
        return;
      }
      expect(found.format).toBe(format);
      expect(found.because).not.toBe('');
      expect(shown(await gathered(found))).toEqual(entries);
    });

    test('is the same however its bytes are cut', async () => {
      const whole = await read(list);
      const bytes = Buffer.from(list);
      await fc.assert(
        fc.asyncProperty(fc.array(fc.nat(bytes.length), { maxLength: 20 }), async (cuts) => {
          expect(await read(bytes, cuts)).toEqual(whole);
        }),
        { numRuns: 40 },
      );
      expect(await read(bytes, [...bytes.keys()])).toEqual(whole);
    });

    test('is the same with CRLF, a byte order mark, no last end of line, in UTF-16, and packed', async () => {
      const whole = shown(await read(list));
      expect(shown(await read(list.replaceAll('\n', '\r\n')))).toEqual(whole);
      expect(shown(await read(`\ufeff${list}`))).toEqual(whole);
      expect(shown(await read(list.replace(/\n$/, '')))).toEqual(whole);
      expect(shown(await read(Buffer.from(`\ufeff${list}`, 'utf16le')))).toEqual(whole);
      expect(shown(await read(Buffer.from(`\ufeff${list}`, 'utf16le').swap16()))).toEqual(whole);
      expect(shown(await read(await promisify(gzip)(list)))).toEqual(whole);
      expect(shown(await read(await promisify(zstdCompress)(list), [1, 2, 3]))).toEqual(whole);
    });

    test('that is empty is an error', async () => {
      const empty = subject.emptyProblem ?? /is empty/;
      await expect(read('')).rejects.toMatchObject({ code: 'InvalidList', message: expect.stringMatching(empty) });
      await expect(read('\n \n')).rejects.toMatchObject({ code: 'InvalidList', message: expect.stringMatching(empty) });
    });

    test('that is cut off within its gzip is an error, after what could be read', async () => {
      const packed = await promisify(gzip)(list);
      await expect(read(packed.subarray(0, packed.length - 9))).rejects.toMatchObject({
        code: 'InvalidList',
        message: expect.stringContaining('cut off'),
      });
    });

    test('goes on after a line that is no entry', async () => {
      const listed = await read(list.replace(broken.find, broken.put));
      const invalid = listed.filter(({ kind }) => kind === 'invalid');
      expect(invalid).toEqual([
        expect.objectContaining({
          code: expect.stringMatching(/^(InvalidEntry|UnsupportedScheme)$/),
          message: expect.stringMatching(broken.problem),
        }),
      ]);
      expect(listed.map(({ number }) => number)).toEqual(listed.map((_, index) => index + 1));
      const good = new Set(entries.map((each) => each.name));
      for (const each of listed) if (each.kind === 'entry') expect(good).toContain(each.name);
    });

    test('is left before its end without a sound', async () => {
      let closed = false;
      async function* chunks() {
        try {
          for (const byte of Buffer.from(list)) yield Uint8Array.of(byte);
        } finally {
          closed = true;
        }
      }
      for await (const _ of await readList(chunks(), options)) break;
      expect(closed).toBe(true);
    });
  });
}
