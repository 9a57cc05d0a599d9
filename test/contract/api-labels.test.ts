import { describe, expect, it } from 'vitest';
import { run } from '../../cli/run.ts';
import { idsWithin } from '../../lib/api/requests/filter.ts';
import { newestFirst } from '../../lib/pipeline/requests/newest-first.ts';
import { KEYS } from '../../lib/records/records.ts';
import { toIso } from '../../lib/values/time.ts';
import { NOW, transferring } from '../support/a-transfer.ts';
import { apiBench, GOOD, ID, pageOf, problemOf, transferOf } from '../support/api-bench.ts';
import { testContext } from '../support/cli-context.ts';
import { serveApi } from '../support/serve-api.ts';

// Labels of the caller, and lists by them, by destination and by time.

const HOUR_MS = 3_600_000;
const labels = { team: 'files', nightly: '' };

describe('labels', () => {
  it('are kept with the transfer, and shown', async () => {
    const bench = apiBench();
    const { id } = await transferOf(await bench.post('/v1/transfers', { ...GOOD, labels }));
    expect((await bench.records.get(KEYS.transfer(id)))?.value.request).toMatchObject({ labels });
    expect(await transferOf(await bench.get(`/v1/transfers/${id}`))).toMatchObject({ labels });
  });

  it('are another request for an idempotency key', async () => {
    const bench = apiBench();
    const key = { 'idempotency-key': 'k' };
    await bench.post('/v1/transfers', { ...GOOD, labels }, key);
    expect((await bench.post('/v1/transfers', GOOD, key)).status).toBe(409);
  });

  it.each([
    [{ 'a b': 'x' }, '#/labels/…: is no name of a label'],
    [{ a: 'x,y' }, '#/labels/a: is to have up to 256 characters, without a comma'],
    [Object.fromEntries(Array.from({ length: 17 }, (_, index) => [`l${index}`, 'x'])), '#/labels: has more than 16'],
    ['team', '#/labels: is to be an object of names and values'],
  ])('%j are refused', async (wrong, sentence) => {
    const problem = await problemOf(await apiBench().post('/v1/transfers', { ...GOOD, labels: wrong }));
    expect(problem).toMatchObject({ status: 400, detail: expect.stringContaining(sentence) });
  });
});

/** As a transfer that was submitted then has it. */
function idAt(ms: number): string {
  return idsWithin({ until: toIso(ms - 1) }).ceiling?.replace(/.$/, '1') ?? '';
}

describe('a list', () => {
  const [first, second, third] = [3, 2, 1].map((hours) => idAt(NOW - hours * HOUR_MS)) as [string, string, string];

  async function world() {
    const bench = apiBench();
    const submitted = async (id: string, hoursAgo: number, key: string, more: object) => {
      const { request, ...record } = transferring();
      const destination = { kind: 's3', bucket: 'bucket', key };
      const createdAt = toIso(NOW - hoursAgo * HOUR_MS);
      await bench.store(id, { ...record, request: { ...request, destination, ...more }, createdAt });
    };
    await submitted(first, 3, 'in/a', { labels });
    await submitted(second, 2, 'in/deep/b', { labels: { team: 'other' } });
    await submitted(third, 1, 'out/c', {});
    return async (query: string) =>
      (await pageOf(await bench.get(`/v1/transfers?${query}`))).transfers.map(({ id }) => id);
  }

  it.each([
    ['label=team', [second, first]],
    ['label=team=files', [first]],
    ['label=team=files,nightly', [first]],
    ['label=team=files,nightly=yes', []],
    ['prefix=s3://bucket/in/', [second, first]],
    ['prefix=s3://bucket/in/deep', [second]],
    ['prefix=bucket', []],
    [`since=${toIso(NOW - 2 * HOUR_MS)}`, [third, second]],
    [`until=${toIso(NOW - 2 * HOUR_MS)}`, [second, first]],
    [`since=${toIso(NOW - 2.5 * HOUR_MS)}&until=${toIso(NOW - 1.5 * HOUR_MS)}&label=team`, [second]],
    [`since=${toIso(NOW)}`, []],
  ])('by %s has those alone', async (query, ids) => {
    expect(await (await world())(query)).toEqual(ids);
  });

  it.each([
    ['label=,', 'is to be NAME or NAME=VALUE'],
    ['since=yesterday', 'is no time such as'],
    ['prefix=', 'is empty'],
  ])('with %s is refused', async (query, sentence) => {
    expect(await problemOf(await apiBench().get(`/v1/transfers?${query}`))).toMatchObject({
      status: 400,
      detail: expect.stringContaining(sentence),
    });
  });
});

describe('a list by time', () => {
  it('reads only ids of that time, and ends where it begins', async () => {
    const bench = apiBench();
    const read: string[] = [];
    const ids = Array.from({ length: 10 }, (_, hour) => idAt(NOW - hour * HOUR_MS));
    for (const id of ids) await bench.store(id, transferring());
    const { floor, ceiling } = idsWithin({ since: toIso(NOW - 5 * HOUR_MS), until: toIso(NOW - 2 * HOUR_MS) });
    const page = await newestFirst(bench.ports, {
      room: 'transfers',
      limit: 50,
      before: ceiling ?? '',
      floor: floor ?? '',
      async read(id) {
        read.push(id);
        return { id };
      },
    });
    expect(read).toEqual(ids.slice(2, 6));
    expect(page.next).toBeUndefined();
  });
});

describe('the command line', () => {
  it('submits with labels, lists by them, and says why those failed that are asked for', async () => {
    const bench = apiBench();
    await using served = await serveApi(bench.app);
    const context = () => testContext({ environment: { PIECEWORK_API_URL: served.url } });
    const submitted = context();
    const args = ['submit', '--label', 'team=files,nightly=', GOOD.source.url, 's3://bucket/in/disk.iso'];
    expect(await run(args, submitted)).toBe(0);
    const id = submitted.stdout.text.trim();
    const there = await bench.records.get(KEYS.transfer(id));
    expect(there?.value.request.labels).toEqual({ team: 'files', nightly: '' });
    const reason = {
      code: 'SourceNotFound',
      message: `${GOOD.source.url}: there is nothing at this URL (404)`,
    } as const;
    await bench.store(ID, { ...transferring(), status: 'failed', reason, endedAt: toIso(NOW) });
    const failed = context();
    expect(await run(['list', '--status', 'failed'], failed)).toBe(0);
    expect(failed.stdout.text).toContain(`\n    https://origin.example/file: ${reason.message} (SourceNotFound)\n`);
    const all = context();
    await run(['list'], all);
    expect(all.stdout.text).not.toContain('SourceNotFound');
    const labelled = context();
    await run(['list', '--label', 'team=files', '--prefix', 's3://bucket/in/'], labelled);
    expect(labelled.stdout.text).toContain(id);
    expect(labelled.stdout.text).not.toContain(ID);
    const wrong = context();
    expect(await run(['list', '--since', 'soon'], wrong)).toBe(2);
    expect(wrong.stderr.text).toContain('--since: is to be a time such as 2026-05-01');
  });
});
