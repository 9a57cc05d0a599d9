import { describe, expect, it } from 'vitest';
import { PieceworkError } from '../../lib/errors/error.ts';
import { openBatchList } from '../../lib/pipeline/batch/deployed/plan/batch-list.ts';
import { listedEntries } from '../../lib/pipeline/batch/list/listed-entries.ts';
import type { SealedList } from '../../lib/pipeline/shared/batches/submission.ts';
import type { Source } from '../../lib/sources/source.ts';
import type { Listed } from '../../lib/transfer/batch/entry.ts';
import type { SourceLocator } from '../../lib/transfer/locators.ts';
import { stillPorts } from '../support/still-ports.ts';
import { SUBMISSION } from '../support/submission.ts';

const never = new AbortController().signal;
const LIST = 'https://e.example/list';

/** Sources that a guard stands before: one list of two pages, and nothing else. `asked` has each locator. */
function guardedPages() {
  const asked: SourceLocator[] = [];
  const probe: Source['probe'] = async (from) => {
    asked.push(from);
    if (from.url !== LIST) throw new PieceworkError('GuardRefused', `${from.url}: may not be contacted`);
    const text = Buffer.from(JSON.stringify([{ url: 'https://e.example/a' }]));
    const parts = [text];
    return {
      snapshot: { ranges: false, validator: { kind: 'none' }, digests: {}, warnings: [] },
      finalUrl: LIST,
      nextPage: `${LIST}?page=2`,
      body: {
        async read(into) {
          const part = parts.pop() ?? Buffer.of();
          into.set(part);
          return part.length;
        },
        async [Symbol.asyncDispose]() {},
      },
      bodyIsWhole: true,
      async [Symbol.asyncDispose]() {},
    };
  };
  const { ports } = stillPorts();
  const fill = async (from: SourceLocator) => ({ ...from, headers: { 'x-token': 'filled in' } });
  const sources = () => ({ probe }) as Source;
  return { asked, ports: { ...ports, sources, secrets: { ...ports.secrets, fill } } };
}

async function read(list: SealedList, ports: Parameters<typeof openBatchList>[0]) {
  const opened = await openBatchList(ports, list, SUBMISSION.destination, never);
  const listed: Listed[] = [];
  for await (const one of opened.entries) listed.push(one);
  return { opened, listed };
}

describe('the list of a deployed batch', () => {
  it('has each page asked of the guarded sources, with its secrets filled in; one that is refused ends it', async () => {
    const { asked, ports } = guardedPages();
    const from = { url: LIST, headers: { 'x-token': 'secret://piecework/token' } };
    await expect(read({ v: 1, list: { kind: 'at', from } }, ports)).rejects.toMatchObject({ code: 'GuardRefused' });
    expect(asked).toEqual([
      { url: LIST, headers: { 'x-token': 'filled in' } },
      { url: `${LIST}?page=2`, headers: { 'x-token': 'filled in' } },
    ]);
  });

  it('in a request is checked as one that is fetched: numbers, names, headers, what is none', async () => {
    const entries = [
      { sources: ['https://e.example/a'], headers: { 'x-a': 'b' }, digests: { md5: 'AB'.repeat(16) } },
      { sources: ['file:///etc/passwd'] },
      { sources: ['https://e.example/b'], name: 'in/b', sizeBytes: 3 },
    ];
    const { ports } = guardedPages();
    const { opened, listed } = await read({ v: 1, list: { kind: 'inline', entries } }, ports);
    expect(listed).toMatchObject([
      {
        number: 1,
        name: 'a',
        sources: [{ url: 'https://e.example/a', headers: { 'x-a': 'b' } }],
        expect: { digests: { md5: 'ab'.repeat(16) } },
      },
      { number: 2, error: { code: 'UnsupportedScheme', message: expect.stringMatching(/^item \/1: /) } },
      { number: 3, name: 'in/b', expect: { sizeBytes: 3 } },
    ]);
    expect([opened.format, opened.notes()]).toEqual(['entries', []]);
    expect(opened.sha256()).toMatch(/^[0-9a-f]{64}$/);
  });

  it('with two entries of one name is refused', async () => {
    const entries = [{ sources: ['https://e.example/a'] }, { sources: ['https://f.example/a'] }];
    const { ports } = guardedPages();
    await expect(read({ v: 1, list: { kind: 'inline', entries } }, ports)).rejects.toMatchObject({
      code: 'InvalidList',
      message: expect.stringContaining('nothing was begun'),
    });
  });
});

it('of what is said of every source, each takes what its scheme knows', async () => {
  const auth = { kind: 'key', privateKey: 'text' } as const;
  const store = { region: 'eu-central-1' };
  const hostFingerprint = 'SHA256:x';
  const said = { auth, store, hostFingerprint, headers: { 'x-a': 'b' } };
  const sources = ['https://e.example/a', 'sftp://e.example/a', 's3://bucket/a'] as const;
  async function* list() {
    yield { kind: 'entry', number: 1, sources, name: 'a', digests: {}, at: {} } as const;
  }
  const listed: Listed[] = [];
  for await (const one of listedEntries(list(), said, { collisions: 0 }, undefined)) listed.push(one);
  const headers = { 'x-a': 'b' };
  expect(listed).toMatchObject([
    {
      sources: [
        { url: sources[0], headers },
        { url: sources[1], headers, auth, hostFingerprint },
        { url: sources[2], headers, store },
      ],
    },
  ]);
  expect(JSON.stringify(listed).match(/privateKey|fingerprint|region/gi)).toHaveLength(3);
});
