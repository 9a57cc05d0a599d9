import { describe, expect, it } from 'vitest';
import type { FeedViews, OwnFeed } from '../../lib/local/feed/feed.ts';
import { openFeed } from '../../lib/local/feed/feed.ts';
import { EventRing } from '../../lib/local/feed/ring.ts';

// Events for those who watch: what they get, in which order, and what becomes of one that does not keep up.

const VIEWS: FeedViews = {
  transfer: async (id) => ({ id, at: counter++ }),
  pieces: async (id) => ({ id, at: counter++ }),
};
let counter = 0;

interface Got {
  readonly id?: string;
  readonly event?: string;
  readonly data?: unknown;
}

function feedOf(over: { readonly ring?: EventRing; readonly views?: FeedViews; readonly boot?: string } = {}) {
  const clock = { time: 0, now: () => clock.time };
  const feed = openFeed({ clock, boot: 'boot', views: VIEWS, everyMs: 1, heartbeatMs: 60_000, ...over });
  return { clock, feed };
}

/** Reads on until an event of this type has come; the rest of the chunk is there as well. */
async function readUntil(reader: ReadableStreamDefaultReader<Uint8Array>, type: string): Promise<readonly Got[]> {
  const all: Got[] = [];
  while (!all.some(({ event }) => event === type)) {
    const { value, done } = await reader.read();
    if (done) throw new Error(`it ended before ${type} came`);
    all.push(...parse(new TextDecoder().decode(value)));
  }
  return all;
}

function parse(text: string): readonly Got[] {
  return text
    .split('\n\n')
    .filter((block) => block !== '')
    .map((block) =>
      Object.fromEntries(
        block.split('\n').map((line) => {
          const at = line.indexOf(':');
          const value = line.slice(at + 1).trim();
          return [line.slice(0, at), line.startsWith('data:') ? JSON.parse(value) : value];
        }),
      ),
    );
}

async function firstOf(feed: OwnFeed, lastEventId?: string) {
  const reader = feed.open(lastEventId === undefined ? {} : { lastEventId }).getReader();
  const { value } = await reader.read();
  return { reader, got: parse(new TextDecoder().decode(value)) };
}

describe('the events of a server', () => {
  it('begin with a number to resume by, and go on one by one', async () => {
    const { feed } = feedOf();
    const { reader, got } = await firstOf(feed);
    expect(got).toEqual([{ id: 'boot-0' }]);
    for (const id of ['a', 'b']) {
      feed.touch({ kind: 'transfer', id });
      await readUntil(reader, 'transfer');
    }
    feed.touch({ kind: 'transfer', id: 'a' });
    expect(await readUntil(reader, 'transfer')).toMatchObject([{ id: 'boot-3', data: { id: 'a' } }]);
    feed.end();
    expect(await reader.read()).toMatchObject({ done: true });
  });

  it('that came while a reader was away are sent once, in order', async () => {
    const { feed } = feedOf();
    const first = await firstOf(feed);
    for (const id of ['a', 'b', 'c']) {
      feed.touch({ kind: 'transfer', id });
      await readUntil(first.reader, 'transfer');
    }
    await first.reader.cancel();
    const { got } = await firstOf(feed, 'boot-1');
    expect(got.slice(1)).toMatchObject([
      { id: 'boot-2', data: { id: 'b' } },
      { id: 'boot-3', data: { id: 'c' } },
    ]);
  });

  it('of another start, or unknown ones, begin with reset', async () => {
    const { feed } = feedOf();
    for (const id of ['other-1', 'boot-99', 'nonsense', '']) {
      expect((await firstOf(feed, id)).got).toMatchObject([{ event: 'reset', data: {} }]);
    }
  });

  it('that a reader was too slow for are one reset, and nothing of them is kept for it', async () => {
    const { feed } = feedOf({ ring: new EventRing(2) });
    const slow = await firstOf(feed);
    const quick = await firstOf(feed);
    for (const id of ['a', 'b', 'c', 'd']) {
      feed.touch({ kind: 'transfer', id });
      await readUntil(quick.reader, 'transfer');
    }
    expect(await readUntil(slow.reader, 'reset')).toEqual([{ id: 'boot-4', event: 'reset', data: {} }]);
    feed.touch({ kind: 'transfer', id: 'e' });
    expect(await readUntil(slow.reader, 'transfer')).toMatchObject([{ id: 'boot-5', data: { id: 'e' } }]);
  });

  it('are one for all that was touched at once, and none where nothing is different', async () => {
    const { feed } = feedOf({ views: { ...VIEWS, transfer: async (id) => ({ id }) } });
    const { reader } = await firstOf(feed);
    for (let times = 0; times < 5; times += 1) feed.touch({ kind: 'transfer', id: 'a' });
    expect(await readUntil(reader, 'transfer')).toHaveLength(1);
    feed.touch({ kind: 'transfer', id: 'a' });
    feed.touch({ kind: 'transfer', id: 'b' });
    expect(await readUntil(reader, 'transfer')).toMatchObject([{ data: { id: 'b' } }]);
  });

  it('of pieces are of the transfer that was asked for alone, and have no number', async () => {
    const { feed } = feedOf();
    const { reader: other } = await firstOf(feed);
    const reader = feed.open({ transferId: 'a' }).getReader();
    await readUntil(reader, 'pieces');
    feed.touch({ kind: 'transfer', id: 'b' });
    feed.touch({ kind: 'transfer', id: 'a' });
    const pieces = (await readUntil(reader, 'pieces')).filter(({ event }) => event === 'pieces');
    expect(pieces).toEqual([{ event: 'pieces', data: { id: 'a', at: expect.any(Number) } }]);
    expect((await readUntil(other, 'transfer')).map(({ event }) => event)).not.toContain('pieces');
  });

  it('that had no listener are not made, and a reader that comes back later begins anew', async () => {
    let made = 0;
    const transfer = async (id: string) => ({ id, made: made++ });
    const { feed, clock } = feedOf({ views: { ...VIEWS, transfer } });
    const { reader } = await firstOf(feed);
    await reader.cancel();
    clock.time += 60_001;
    feed.touch({ kind: 'transfer', id: 'a' });
    expect((await firstOf(feed, 'boot-0')).got).toMatchObject([{ event: 'reset' }]);
    expect(made).toBe(0);
  });

  it('say that a record is gone by a reset', async () => {
    let isThere = true;
    const transfer = async (id: string) => (isThere ? { id } : undefined);
    const { feed } = feedOf({ views: { ...VIEWS, transfer } });
    const { reader } = await firstOf(feed);
    feed.touch({ kind: 'transfer', id: 'a' });
    await readUntil(reader, 'transfer');
    isThere = false;
    feed.touch({ kind: 'transfer', id: 'a' });
    expect(await readUntil(reader, 'reset')).toHaveLength(1);
  });

  it('are for so many readers, and no more', async () => {
    const { feed } = feedOf();
    for (let reader = 0; reader < 64; reader += 1) feed.open({});
    expect(() => feed.open({})).toThrow(expect.objectContaining({ code: 'ApiBusy' }));
  });
});
