import { describe, expect, it } from 'vitest';
import { PieceworkError } from '../../lib/errors/error.ts';
import { memoryRecords } from '../../lib/records/memory.ts';
import type { Records } from '../../lib/records/records.ts';
import { KEYS } from '../../lib/records/records.ts';
import type { TransferRecord } from '../../lib/transfer/record/record.ts';
import { toIso } from '../../lib/values/time.ts';
import { accepted, NOW, transferring } from '../support/a-transfer.ts';
import { apiBench, ID, pageOf, problemOf, transferOf } from '../support/api-bench.ts';

const FIRST = '01JZ8QH5X3M9V7T2B400000001';

describe('GET /v1/transfers/{id}', () => {
  it('shows progress, speed, estimate and the piece map from the ledger', async () => {
    const bench = apiBench();
    const over = transferring({
      cursor: 9,
      deadlineAt: toIso(NOW + 24 * 3_600_000),
      trouble: {
        6: { attempt: 2, failures: 1, waits: 0, code: 'SourceReset' },
        2: { attempt: 2, failures: 1, waits: 0, code: 'SourceReset' },
      },
    });
    await bench.store(ID, over);
    bench.time = NOW + 10_000;
    bench.ledger = [1, 2, 3, 5].map((number) => ({
      number,
      sizeBytes: 10,
      crc32: 1,
      modifiedAt: toIso(NOW + number * 1000),
    }));
    const body = await transferOf(await bench.get(`/v1/transfers/${ID}`));
    expect(body.progress).toEqual({
      doneBytes: 40,
      sizeBytes: 100,
      percent: 40,
      bytesPerSecond: 4,
      remainingSeconds: 15,
    });
    expect(body.pieces).toEqual({
      count: 10,
      doneCount: 4,
      inFlightCount: 4,
      inFlight: [4, 6, 7, 8].map((pieceNumber) => ({ pieceNumber, sizeBytes: 10 })),
      doneRanges: [
        [1, 3],
        [5, 5],
      ],
      troubleCount: 1,
      trouble: [{ pieceNumber: 6, attempt: 2, failures: 1, waits: 0, code: 'SourceReset' }],
    });
    expect(body.plan).toEqual({ mode: 'pieces', sizeBytes: 100, pieceSizeBytes: 10, pieceCount: 10 });
  });

  it('shows why a transfer waits in planning, and no other one', async () => {
    const bench = apiBench();
    const reason = {
      code: 'SourceRefused',
      message: 'https://origin.example/file: the connection was refused',
    } as const;
    const waiting = { reason, since: toIso(NOW), nextTryAt: toIso(NOW + 9_000), tries: 3 };
    await bench.store(ID, { status: 'planning', waiting });
    await bench.store(FIRST, transferring({ waiting }));
    const shown = { ...waiting, advice: expect.stringContaining('check host and port') };
    expect((await transferOf(await bench.get(`/v1/transfers/${ID}`))).waiting).toEqual(shown);
    const { transfers } = await pageOf(await bench.get('/v1/transfers'));
    expect(transfers.map((transfer) => transfer.waiting)).toEqual([shown, undefined]);
  });

  it('shows what a plan warns of', async () => {
    const bench = apiBench();
    const warnings = ['at 60 KiB per second it takes days'];
    const { snapshot } = transferring();
    await bench.store(ID, transferring({ snapshot: { ...snapshot, warnings } } as Partial<TransferRecord>));
    expect((await transferOf(await bench.get(`/v1/transfers/${ID}`))).warnings).toEqual(warnings);
  });

  it('shows the source as it answered, what happened and the command, as far as the record says it', async () => {
    const bench = apiBench();
    const { snapshot } = transferring();
    const redirectHosts = ['origin.example', 'mirror.example:8443'];
    const answered = { ...snapshot, redirectHosts, contentType: '<script>alert(1)</script>' };
    const reason = { code: 'SourceGone', message: 'it is gone' } as const;
    const ends = { status: 'failed', reason, endedAt: toIso(NOW + 5_000) } as const;
    await bench.store(ID, transferring({ ...ends, snapshot: answered } as Partial<TransferRecord>));
    const shown = await transferOf(await bench.get(`/v1/transfers/${ID}`));
    expect(shown.snapshot).toMatchObject({
      host: 'mirror.example:8443',
      redirectHosts,
      contentType: '<script>alert(1)</script>',
      ranges: true,
    });
    expect(shown.timeline).toEqual([
      { at: toIso(NOW), kind: 'submitted', text: 'submitted' },
      { at: toIso(NOW + 5_000), kind: 'failed', text: 'it is gone', code: 'SourceGone' },
    ]);
    expect(shown.command).toMatch(/^piecework submit https:\/\/origin\.example\//);
  });

  it('shows the end: result, reason, what is held', async () => {
    const bench = apiBench();
    const result = { sizeBytes: 100, crc32: '0badf00d', version: 'validator', digests: { sha256: 'ab' } } as const;
    await bench.store(ID, transferring({ status: 'completed', result, endedAt: toIso(NOW) }));
    const completed = await transferOf(await bench.get(`/v1/transfers/${ID.toLowerCase()}`));
    expect(completed).toMatchObject({ status: 'completed', result, progress: { doneBytes: 100, percent: 100 } });
    expect(completed.pieces).toBeUndefined();
    const reason = { code: 'SourceNotFound', message: 'gone', details: { sourceStatus: 404 } } as const;
    await bench.store(FIRST, transferring({ status: 'failed', reason, heldUntil: toIso(NOW + 1) }));
    const failed = await transferOf(await bench.get(`/v1/transfers/${FIRST}`));
    expect(failed).toMatchObject({
      status: 'failed',
      reason,
      heldUntil: toIso(NOW + 1),
      pieces: { doneCount: 0, inFlightCount: 0 },
    });
  });

  it('shows the transfer where the store is out of reach, and says why there are no pieces', async () => {
    const bench = apiBench();
    await bench.store(ID, transferring());
    bench.ledger = new PieceworkError('DestinationDenied', 'the store refuses; s3:ListMultipartUploadParts is missing');
    const answer = await bench.get(`/v1/transfers/${ID}`);
    expect(answer.status).toBe(200);
    expect(await transferOf(answer)).toMatchObject({
      status: 'transferring',
      progress: { sizeBytes: 100 },
      piecesUnavailable: { code: 'DestinationDenied' },
    });
  });

  it('waits until the record changes, and no longer than asked', async () => {
    const bench = apiBench();
    const record = await bench.store(ID);
    let sleeps = 0;
    bench.onSleep = async () => {
      sleeps += 1;
      if (sleeps !== 3) return;
      const there = await bench.records.get(KEYS.transfer(ID));
      await bench.records.put(KEYS.transfer(ID), { ...record, rev: 2, status: 'planning' }, there?.version ?? 'absent');
    };
    const changed = await bench.get(`/v1/transfers/${ID}?waitSeconds=20`);
    expect([(await transferOf(changed)).status, sleeps, bench.time - NOW]).toEqual(['planning', 3, 3000]);
    const before = bench.time;
    await bench.get(`/v1/transfers/${ID}?waitSeconds=2`);
    expect(bench.time - before).toBe(2000);
    const ended = '01JZ8QH5X3M9V7T2B4N6K8R0CE';
    await bench.store(ended, { status: 'cancelled' });
    await bench.get(`/v1/transfers/${ended}?waitSeconds=20`);
    expect(bench.time - before).toBe(2000);
  });

  it.each(['waitSeconds=21', 'waitSeconds=-1', 'waitSeconds=x', 'wait=3'])('refuses ?%s', async (query) => {
    const bench = apiBench();
    await bench.store(ID);
    const answer = await bench.get(`/v1/transfers/${ID}?${query}`);
    const problem = await problemOf(answer);
    expect(problem).toMatchObject({ status: 400, code: 'InvalidOption', errors: [{ parameter: query.split('=')[0] }] });
  });

  it('ends a long poll when the service shuts down', async () => {
    const stopping = new AbortController();
    const bench = apiBench({ signal: stopping.signal });
    await bench.store(ID);
    bench.onSleep = () => stopping.abort();
    expect(await problemOf(await bench.get(`/v1/transfers/${ID}?waitSeconds=20`))).toMatchObject({
      status: 503,
      code: 'Interrupted',
    });
  });

  it('knows no other ids, whatever they hold', async () => {
    const bench = apiBench();
    await bench.store(ID, { status: 'failed', reason: { code: 'SubmitAbandoned', message: '' } });
    for (const id of [FIRST, ID, '..%2Fkeys%2Fx', 'x'.repeat(5000)]) {
      for (const answer of [await bench.get(`/v1/transfers/${id}`), await bench.post(`/v1/transfers/${id}/retry`)]) {
        expect(await problemOf(answer)).toMatchObject({ status: 404, code: 'TransferNotFound' });
      }
    }
  });
});

describe('GET /v1/transfers', () => {
  /** Ids in order of time, `n` days after 2026-01-01. */
  const idAt = (days: number) => `${ulidTime(Date.UTC(2026, 0, 1) + days * 86_400_000)}M9V7T2B4N6K8R0CD`;

  async function walk(bench: ReturnType<typeof apiBench>, query: string): Promise<readonly string[][]> {
    const pages: string[][] = [];
    for (let cursor: string | undefined = '', turns = 0; cursor !== undefined && turns < 200; turns += 1) {
      const page = await pageOf(await bench.get(`/v1/transfers?${query}${cursor === '' ? '' : `&cursor=${cursor}`}`));
      pages.push(page.transfers.map(({ id }) => id));
      cursor = page.nextCursor;
    }
    return pages;
  }

  it.each([1000, 3])(
    'goes through all of them once, newest first (with %d names on a page of the store)',
    async (pageSize) => {
      const bench = apiBench({}, memoryRecords({ pageSize }));
      bench.time = Date.UTC(2026, 2, 1);
      const ids = [0, 0.1, 0.2, 5, 5.001, 5.002, 5.003, 5.004, 40, 58.9].map(idAt);
      for (const id of ids) await bench.store(id);
      const pages = await walk(bench, 'limit=4');
      expect(pages.flat()).toEqual(ids.toReversed());
      expect(pages.every((page) => page.length <= 4)).toBe(true);
    },
  );

  it('filters by status, and leaves out what no reader could use', async () => {
    const bench = apiBench();
    await bench.store(idAt(1), { status: 'failed', reason: { code: 'SourceGone', message: '' } });
    await bench.store(idAt(2), { status: 'failed', reason: { code: 'SubmitAbandoned', message: '' } });
    await bench.store(idAt(3));
    expect(await walk(bench, 'status=failed')).toEqual([[idAt(1)]]);
    expect((await walk(bench, 'limit=1')).flat()).toEqual([idAt(3), idAt(1)]);
  });

  it('filters by several statuses, text, host and code of an error', async () => {
    const bench = apiBench();
    const at = (url: string, key = 'in/a.bin') => ({
      request: {
        ...accepted().request,
        source: { url, withheld: false },
        destination: { kind: 's3', bucket: 'bucket', key },
      },
    });
    const trouble = { 1: { attempt: 2, failures: 1, waits: 0, code: 'SourceReset' } } as const;
    await bench.store(idAt(1), { ...at('https://one.example:8443/a'), status: 'cancelled' });
    await bench.store(idAt(2), {
      ...at('https://two.example/Report.PDF'),
      status: 'failed',
      reason: { code: 'SourceGone', message: '' },
    });
    await bench.store(idAt(3), { ...transferring({ trouble }), ...at('https://two.example/<b>', 'out/REPORT') });
    const found = async (query: string) =>
      (await walk(bench, query)).flat().map((id) => [1, 2, 3].find((n) => idAt(n) === id));
    expect(await found('status=failed,cancelled')).toEqual([2, 1]);
    expect(await found('status=active')).toEqual([3]);
    expect(await found('status=active,failed')).toEqual([3, 2]);
    expect(await found('search=report')).toEqual([3, 2]);
    expect(await found(`search=${idAt(1).toLowerCase()}`)).toEqual([1]);
    expect(await found('search=%3Cb%3E&limit=500')).toEqual([3]);
    expect(await found('host=one.example')).toEqual([1]);
    expect(await found('host=ONE.example:8443')).toEqual([1]);
    expect(await found('host=example')).toEqual([]);
    expect(await found('code=SourceGone')).toEqual([2]);
    expect(await found('code=SourceReset')).toEqual([3]);
    expect(await found('search=report&status=failed&host=two.example')).toEqual([2]);
  });

  it('reads few names where many were submitted at once, and every one in the end', async () => {
    const records = memoryRecords({ pageSize: 100 });
    let listed = 0;
    const counted = {
      ...records,
      list: (prefix: string, cursor?: string) => {
        listed += 1;
        return records.list(prefix, cursor);
      },
    };
    const bench = apiBench({}, counted);
    bench.time = Date.UTC(2026, 0, 2) + 3_000_000;
    // Two an hour for nine hours of one day, then 3,000 within 50 minutes.
    const ids = [
      ...Array.from({ length: 18 }, (_, at) => at / 48),
      ...Array.from({ length: 3_000 }, (_, at) => 1 + at / 86_400),
    ];
    for (const days of ids) await bench.store(idAt(days));
    const page = await pageOf(await bench.get('/v1/transfers?limit=50'));
    expect(page.transfers.map(({ id }) => id)).toEqual(ids.slice(-50).map(idAt).reverse());
    expect(listed).toBeLessThanOrEqual(41);
    const all = (await walk(bench, 'limit=500')).flat();
    expect(all).toEqual(ids.map(idAt).reverse());
  });

  it('finds the few that are not over, failed or were cancelled without a look at the many that completed', async () => {
    const records = memoryRecords();
    let reads = 0;
    const counted: Records = {
      ...records,
      async get(key) {
        if (key.path.startsWith('transfers/')) reads += 1;
        return await records.get(key);
      },
    };
    const bench = apiBench({}, counted);
    bench.time = Date.UTC(2027, 0, 1);
    const rare = [idAt(0), idAt(2), idAt(300)];
    await bench.store(idAt(0), { status: 'failed', reason: { code: 'SourceGone', message: '' } });
    await bench.store(idAt(2), { status: 'cancelled', reason: { code: 'Cancelled', message: '' } });
    await bench.store(idAt(300));
    for (let number = 3; number < 300; number += 1) await bench.store(idAt(number), { status: 'completed' });
    const found = async (query: string) => [...(await walk(bench, query)).flat(), reads];
    expect(await found('status=failed,cancelled')).toEqual([rare[1], rare[0], 2]);
    expect(await found('status=active')).toEqual([rare[2], 3]);
    expect(await found('status=failed')).toEqual([rare[0], 5]);
    // One that goes on is found where it belongs now.
    const stored = await records.get(KEYS.transfer(idAt(0)));
    await records.put(KEYS.transfer(idAt(0)), { ...accepted(), id: idAt(0), run: 2 }, stored?.version ?? 'absent');
    await records.put(KEYS.active(idAt(0), 2), { v: 1, at: toIso(NOW) }, 'absent');
    await records.put(KEYS.active(idAt(0), 1), { v: 1, at: toIso(NOW) }, 'absent');
    reads = 0;
    expect(await found('status=failed')).toEqual([2]);
    expect(await found('status=active')).toEqual([rare[2], rare[0], 4]);
  });

  it('makes a short page where a status is rare', async () => {
    const bench = apiBench();
    for (let number = 0; number < 450; number += 1)
      await bench.store(idAt(number / 10), number === 3 ? { status: 'completed' } : {});
    const pages = await walk(bench, 'status=completed');
    expect(pages).toEqual([[], [], [idAt(0.3)]]);
  });

  it.each(['limit=0', 'limit=501', 'status=done', 'status=failed,', 'search=', 'code=Gone', 'cursor=abc', 'page=2'])(
    'refuses ?%s',
    async (query) => {
      expect(await problemOf(await apiBench().get(`/v1/transfers?${query}`))).toMatchObject({
        status: 400,
        code: 'InvalidOption',
      });
    },
  );
});

function ulidTime(ms: number): string {
  let text = '';
  for (let rest = ms, place = 0; place < 10; place += 1, rest = Math.floor(rest / 32))
    text = `${'0123456789ABCDEFGHJKMNPQRSTVWXYZ'[rest % 32]}${text}`;
  return text;
}
