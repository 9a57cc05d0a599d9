import { describe, expect, test } from 'vitest';
import type { ListOptions } from '../../../lib/lists/options.ts';
import type { ListPlace } from '../../../lib/lists/whole/read-whole-list.ts';
import { readWholeList } from '../../../lib/lists/whole/read-whole-list.ts';
import { gathered } from './suite.ts';

const LIST = 'https://e.example/api/list';

interface PageOf {
  readonly text: string;
  readonly next?: string;
}

/** A server of lists; what was asked for is in `opened`. */
function placeOf(
  pages: Readonly<Record<string, PageOf>>,
  beside: Readonly<Record<string, string>> = {},
): ListPlace & { readonly opened: string[] } {
  async function* chunks(text: string) {
    yield Buffer.from(text);
  }
  const opened: string[] = [];
  return {
    opened,
    async open(url = LIST) {
      opened.push(url);
      const page = pages[url];
      if (page === undefined) throw new Error(`${url} is not there`);
      return { chunks: chunks(page.text), next: page.next };
    },
    beside: async (name) => (beside[name] === undefined ? undefined : chunks(beside[name])),
  };
}

/** One page, of which is known whether it was closed. */
function watchedPage(...texts: readonly string[]) {
  let closed = false;
  async function* chunks() {
    try {
      for (const text of texts) yield Buffer.from(text);
    } finally {
      closed = true;
    }
  }
  return { page: { chunks: chunks() }, isClosed: () => closed };
}

async function all(place: ListPlace, options: ListOptions = { listUrl: LIST }) {
  const list = await readWholeList(place, options);
  const listed = await gathered(list);
  const shown = listed.map((each) => (each.kind === 'entry' ? each.name : each.message));
  return { list, listed, shown };
}

const files = (...names: readonly string[]) =>
  JSON.stringify(names.map((name) => ({ url: `https://e.example/${name}`, name })));
const stac = (link: object) =>
  JSON.stringify({ features: [{ id: 'i', assets: { a: { href: 'https://e.example/a.tif' } } }], links: [link] });

describe('pages of a list', () => {
  test('are one list: numbers, names, notes and the limit go on', async () => {
    const pages = {
      [LIST]: { text: files('a', 'b'), next: `${LIST}?page=2` },
      [`${LIST}?page=2`]: { text: '[]', next: `${LIST}?page=3` },
      [`${LIST}?page=3`]: { text: files('c', 'a') },
    };
    const place = placeOf(pages);
    const { listed } = await all(place, { listUrl: LIST, onCollision: 'first' });
    expect(listed.map(({ number }) => number)).toEqual([1, 2, 3, 4]);
    expect(listed[3]).toMatchObject({ kind: 'entry', duplicateOf: 1 });
    expect(place.opened).toEqual(Object.keys(pages));
    const limited = placeOf(pages);
    expect((await all(limited, { listUrl: LIST, limit: 2 })).shown).toEqual(['a', 'b']);
    expect(limited.opened).toEqual([LIST]);
    expect((await all(placeOf(pages), { listUrl: LIST, limit: 3 })).shown).toEqual(['a', 'b', 'c']);
  });

  test('that have no entries at all are no list', async () => {
    const pages = { [LIST]: { text: '[]', next: `${LIST}?2` }, [`${LIST}?2`]: { text: '[]' } };
    await expect(all(placeOf(pages))).rejects.toMatchObject({ code: 'InvalidList' });
  });

  test.each([
    ['at another server', { text: files('a'), next: 'https://f.example/x' }, /at another server, https:\/\/f\.example/],
    ['without encryption', { text: files('a'), next: 'http://e.example/x' }, /at another server/],
    ['that was read', { text: files('a'), next: LIST }, /leads back to a page that was read/],
    ['by POST', { text: stac({ rel: 'next', method: 'POST', href: LIST }) }, /asked for by POST/],
    [
      'by a link in it, at another server',
      { text: stac({ rel: 'next', href: 'https://f.example/' }) },
      /another server/,
    ],
  ])('%s end the list with an error', async (_, page, problem) => {
    await expect(all(placeOf({ [LIST]: page }))).rejects.toMatchObject({
      code: 'InvalidList',
      message: expect.stringMatching(problem),
    });
  });

  test('of a file of this machine are noted, and not fetched', async () => {
    const place = placeOf({ [LIST]: { text: stac({ rel: 'next', href: `${LIST}?token=hidden` }) } });
    const { list, shown } = await all(place, {});
    expect(shown).toEqual(['i/a.tif']);
    expect(place.opened).toEqual([LIST]);
    expect(list.notes()).toEqual([{ message: expect.stringMatching(/^it goes on at (?!.*hidden)/), times: 1 }]);
  });

  test('are looked for in JSON alone: other kinds are linked for other reasons', async () => {
    const text = 'https://e.example/a\n';
    expect((await all(placeOf({ [LIST]: { text, next: `${LIST}?2` } }))).shown).toEqual(['a']);
  });
});

test.each([
  ['a template that is none', { url: '{where' }],
  ['another template that is none', { checksumsFrom: '{where' }],
])('with %s, what a list comes from is closed', async (_, options) => {
  const { page, isClosed } = watchedPage('url\nhttps://e.example/a\n', 'https://e.example/b\n'.repeat(9999));
  const place: ListPlace = { open: async () => page, beside: async () => undefined };
  await expect(all(place, { listUrl: LIST, format: 'csv', ...options })).rejects.toMatchObject({
    code: expect.stringMatching(/^Invalid/),
  });
  expect(isClosed()).toBe(true);
});

describe('the manifest of a bag', () => {
  const fetched = { [LIST]: { text: 'https://e.example/x 1 data/a%25b\nhttps://e.example/y - data/c\n' } };
  const sha256 = '0f'.repeat(32);

  test('gives digests, by names as they stand in it; the best one counts, and what it lacks is noted', async () => {
    const place = placeOf(fetched, {
      'manifest-sha256.txt': `${sha256}  data/a%25b\n`,
      'manifest-md5.txt': `${'ab'.repeat(16)} data/c\n`,
    });
    const { list, listed } = await all(place);
    expect(listed).toMatchObject([{ name: 'data/a%b', digests: { sha256 } }, { digests: {} }]);
    expect(list.notes()).toMatchObject([{ message: expect.stringMatching(/^line 2: the manifest has no digest/) }]);
  });

  test('that is not there is noted', async () => {
    const { list, listed } = await all(placeOf(fetched));
    expect(listed).toMatchObject([{ digests: {} }, { digests: {} }]);
    expect(list.notes()).toMatchObject([{ message: expect.stringContaining('no manifest lies beside it') }]);
  });

  test('that can not be read ends the list, and what the list comes from is closed', async () => {
    const { page, isClosed } = watchedPage(fetched[LIST].text, 'https://e.example/z - data/d\n');
    const lost = new Error('the connection broke');
    const place: ListPlace = {
      open: async () => page,
      beside: async () => {
        throw lost;
      },
    };
    await expect(all(place, { listUrl: LIST, format: 'bagit' })).rejects.toBe(lost);
    expect(isClosed()).toBe(true);
  });

  test('of any length is found in again', async () => {
    const names = Array.from({ length: 3000 }, (_, index) => `data/${index}`);
    const digest = (index: number) => index.toString(16).padStart(64, '0');
    const text = names.map((name) => `https://e.example/${name} - ${name}\n`).join('');
    const manifest = names.map((name, index) => `${digest(index)}  ${name}\n`).join('');
    const { listed } = await all(placeOf({ [LIST]: { text } }, { 'manifest-sha256.txt': manifest }));
    expect(listed.map((each) => each.kind === 'entry' && each.digests.sha256)).toEqual(
      names.map((_, at) => digest(at)),
    );
  });
});
