import { describe, expect, it } from 'vitest';
import type { DryRunReport, DryRuns } from '../../lib/api/dry-run/dry-runs.ts';
import { allowedOnly } from '../../lib/api/requests/destinations.ts';
import type { DryRun } from '../../lib/api/schemas/dry-run.ts';
import { USUAL_WORKERS } from '../../lib/aws/names.ts';
import { PieceworkError } from '../../lib/errors/error.ts';
import { KEYS } from '../../lib/records/records.ts';
import { apiBench, GOOD, problemOf } from '../support/api-bench.ts';

// `POST /v1/transfers?dryRun=true`: a submit that is only talked about.

const PATH = '/v1/transfers?dryRun=true';
const REPORT: DryRunReport = {
  finalUrl: 'https://mirror.example/disk.iso?sig=***',
  httpStatus: 206,
  snapshot: {
    sizeBytes: 100,
    ranges: true,
    validator: { kind: 'strong', etag: '"v1"' },
    contentType: 'application/octet-stream',
    name: 'disk.iso',
    redirectHosts: ['mirror.example'],
    digests: { md5: 'ab' },
    warnings: ['it ends soon'],
  },
  destination: { kind: 's3', ...GOOD.destination },
  exists: true,
  plan: { mode: 'pieces', sizeBytes: 100, pieceSizeBytes: 10, pieceCount: 10 },
  warnings: ['it ends soon', 'it ends soon'],
  estimate: { bytesPerSecond: 50, seconds: 2 },
};

function world(look: DryRuns['look'] = async () => REPORT) {
  const dryRuns: DryRuns = { locate: allowedOnly([{ bucket: 'bucket', prefix: 'in/' }]), look };
  return apiBench({ dryRuns });
}

describe('a dry run', () => {
  it('says what the source has and what would become of it, and stores nothing', async () => {
    const bench = world();
    const source = { url: 'https://user:word@origin.example/disk.iso?sig=SECRET' };
    const answer = await bench.post(PATH, { ...GOOD, source }, { 'idempotency-key': 'k1' });
    expect(answer.status).toBe(200);
    const text = await answer.text();
    expect(JSON.parse(text)).toEqual({
      source: { url: 'https://***@origin.example/disk.iso?sig=***', withheld: true },
      finalUrl: REPORT.finalUrl,
      httpStatus: 206,
      snapshot: {
        host: 'mirror.example',
        redirectHosts: ['mirror.example'],
        sizeBytes: 100,
        ranges: true,
        validator: { kind: 'strong', value: '"v1"' },
        contentType: 'application/octet-stream',
        name: 'disk.iso',
        digests: { md5: 'ab' },
      },
      destination: { kind: 's3', ...GOOD.destination },
      exists: true,
      plan: { mode: 'pieces', sizeBytes: 100, pieceSizeBytes: 10, pieceCount: 10 },
      warnings: ['it ends soon'],
      estimate: { bytesPerSecond: 50, seconds: 2 },
    });
    expect(text).not.toMatch(/SECRET|word/);
    expect(bench.waitingPlans()).toBe(0);
    for (const room of ['transfers/', 'keys/', 'active/']) expect((await bench.records.list(room)).paths).toEqual([]);
  });

  it('is given the whole request, and the place as it was written', async () => {
    const asked: unknown[] = [];
    const bench = world(async (submission, destination) => {
      asked.push(submission.options.parallelism, submission.destination, destination);
      return REPORT;
    });
    await bench.post(PATH, { ...GOOD, destination: 's3://bucket/in/', options: { parallelism: 3 } });
    expect(asked).toEqual([3, { kind: 's3', bucket: 'bucket', key: 'in/disk.iso' }, 's3://bucket/in/']);
  });

  it.each([
    ['SourceNotFound', 422],
    ['SourceTimeout', 422],
    ['UnexpectedSize', 422],
    ['DestinationDenied', 422],
    ['InvalidDestination', 422],
    ['Interrupted', 503],
    ['HomeUnavailable', 503],
    ['Internal', 500],
  ] as const)('of what would end with %s answers %i', async (code, status) => {
    const bench = world(async () => {
      throw new PieceworkError(code, 'it would not do');
    });
    const answer = await bench.post(PATH, GOOD);
    expect(answer.status).toBe(status);
    expect(await problemOf(answer)).toMatchObject({ code, status });
  });

  it.each([
    ['a wrong field', { ...GOOD, options: { parallel: 3 } }, 400, 'InvalidOption'],
    ['another bucket', { ...GOOD, destination: { bucket: 'other', key: 'in/a' } }, 422, 'InvalidDestination'],
    ['pieces that no store takes', { ...GOOD, options: { pieceSizeBytes: 10 } }, 422, 'PieceSizeOutOfLimits'],
  ])('refuses %s as a submit does, and asks no source', async (_name, body, status, code) => {
    let looks = 0;
    const bench = world(async () => {
      looks += 1;
      return REPORT;
    });
    const answer = await bench.post(PATH, body);
    expect([answer.status, (await problemOf(answer))['code'], looks]).toEqual([status, code, 0]);
  });

  it.each(['yes', '1', ''])('is true or false, and not %o; a misspelt name of it submits nothing', async (text) => {
    const bench = world();
    for (const path of [`/v1/transfers?dryRun=${text}`, '/v1/transfers?dryrun=true']) {
      const answer = await bench.post(path, GOOD);
      expect([answer.status, (await problemOf(answer))['code']]).toEqual([400, 'InvalidOption']);
    }
    expect((await bench.post('/v1/transfers?dryRun=false', GOOD)).status).toBe(202);
  });

  it('of a deployment says what it costs, and how long it takes where one connection was measured', async () => {
    const report = {
      ...REPORT,
      plan: { mode: 'pieces', sizeBytes: 1e10, pieceSizeBytes: 1e7, pieceCount: 1000 } as const,
    };
    const { estimate: _, ...unmeasured } = report;
    const of = async (given: DryRunReport) => {
      const look = async () => given;
      const dryRuns: DryRuns = { locate: allowedOnly([{ bucket: 'bucket', prefix: 'in/' }]), look };
      return (await (await apiBench({ dryRuns, workers: USUAL_WORKERS }).post(PATH, GOOD)).json()) as DryRun;
    };
    const measured = await of({ ...unmeasured, connectionBytesPerSecond: 5e7 });
    expect(measured).toMatchObject({
      cost: {
        dollars: expect.any(Number),
        items: expect.arrayContaining([
          { item: 's3Writes', quantity: expect.any(Number), unit: 'requests', dollars: expect.any(Number) },
        ]),
        notIncluded: expect.arrayContaining(['bytes that leave the Region']),
        prices: { region: 'us-east-1' },
      },
      estimate: { bytesPerSecond: expect.any(Number), seconds: expect.any(Number) },
    });
    // A thousand parts.
    expect(measured.cost?.dollars).toBeGreaterThan(0.005);
    const unknown = await of(unmeasured);
    expect([unknown.cost !== undefined, unknown.estimate]).toEqual([true, undefined]);
  });

  it('has a place among the requests that wait, and gives it back; without one it is refused, and asks nothing', async () => {
    const said: string[] = [];
    const place = { [Symbol.asyncDispose]: async () => void said.push('given back') };
    const look = async () => {
      said.push('looked');
      return REPORT;
    };
    const dryRuns: DryRuns = { locate: allowedOnly([{ bucket: 'bucket', prefix: 'in/' }]), look };
    const take = async () => false;
    expect((await apiBench({ dryRuns, waits: { take, borrow: async () => place } }).post(PATH, GOOD)).status).toBe(200);
    const busy = await apiBench({ dryRuns, waits: { take, borrow: async () => undefined } }).post(PATH, GOOD);
    expect([busy.status, busy.headers.get('retry-after')]).toEqual([429, '5']);
    expect(await problemOf(busy)).toMatchObject({ code: 'ApiBusy' });
    expect(said).toEqual(['looked', 'given back']);
  });

  it('asks no source while the deployment is paused', async () => {
    const bench = world(async () => {
      throw new Error('it was asked');
    });
    await bench.records.put(KEYS.pause, { v: 1, since: '2026-01-01T12:00:00.000Z', because: 'a move' }, 'absent');
    expect(await problemOf(await bench.post(PATH, GOOD))).toMatchObject({
      status: 503,
      code: 'HomeUnavailable',
      detail: 'this deployment is paused: a move',
    });
  });

  it('is refused by a deployment that looks at nothing, which says who can', async () => {
    const answer = await apiBench().post(PATH, GOOD);
    expect(await problemOf(answer)).toMatchObject({
      status: 400,
      code: 'InvalidOption',
      detail: expect.stringContaining('piecework plan'),
      errors: [{ parameter: 'dryRun' }],
    });
  });
});
