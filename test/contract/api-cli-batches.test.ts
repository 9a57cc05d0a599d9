import { mkdtempDisposable, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { run } from '../../cli/run.ts';
import { createClient } from '../../lib/api/client/client.ts';
import { PieceworkError } from '../../lib/errors/error.ts';
import type { Local } from '../../lib/index.ts';
import { batchRun } from '../../lib/local/batch/batch-run.ts';
import { KEYS } from '../../lib/records/records.ts';
import { ended } from '../../lib/transfer/batch/batch-transitions.ts';
import { NO_OUTCOMES } from '../../lib/transfer/batch/outcome.ts';
import { NOW } from '../support/a-transfer.ts';
import { ID } from '../support/api-bench.ts';
import { testContext } from '../support/cli-context.ts';
import { deploymentWorld } from '../support/deployment-world.ts';
import { EITHER_AS_OPTIONS } from '../support/each-of-reading.ts';

const environmentOf = (url: string) => ({ PIECEWORK_API_URL: url });

describe('batches of a deployment', () => {
  it('submit --batch reads a list of this machine and sends its entries; its id is known to all verbs', async () => {
    await using folder = await mkdtempDisposable(join(tmpdir(), 'piecework-remote-batch-'));
    const list = join(folder.path, 'list.csv');
    const digest = 'a'.repeat(64);
    await writeFile(
      list,
      `url,name,size,sha256\nhttps://origin.example/a?sig=SECRET,a.bin,4,${digest}\nhttps://origin.example/b,b.bin,,\n`,
    );
    await using here = await deploymentWorld();
    const { bench, context, served } = here;
    const args = [
      'submit',
      '--batch',
      '--per-host',
      '3',
      '--max-failures',
      '5%',
      '-H',
      'X-A: b',
      list,
      's3://bucket/in/',
    ];
    expect(await run(args, context)).toBe(0);
    const id = context.stdout.text.trim();
    const [path = ''] = (await bench.records.list('batches/')).paths;
    expect(path).toBe(`batches/${id}.json`);
    expect((await bench.records.get(KEYS.batch(id)))?.value.options).toMatchObject({
      perHost: 3,
      maxFailures: { percent: 5 },
    });
    expect(await bench.ports.fleet.sealed.unseal(`batches/${id}/list`)).toMatchObject({
      list: {
        kind: 'inline',
        entries: [
          {
            sources: ['https://origin.example/a?sig=SECRET'],
            name: 'a.bin',
            sizeBytes: 4,
            digests: { sha256: digest },
          },
          { sources: ['https://origin.example/b'], name: 'b.bin' },
        ],
      },
      source: { headers: { 'x-a': 'b' } },
    });
    await bench.store(ID);
    const environment = environmentOf(served.url);
    const listed = testContext({ environment });
    expect(await run(['list'], listed)).toBe(0);
    expect(listed.stdout.text).toContain(`${id}  accepted (batch, list not read yet)`);
    expect(listed.stdout.text).toContain(ID);
    const cancelled = testContext({ environment });
    expect(await run(['cancel', id], cancelled)).toBe(0);
    expect(cancelled.stdout.text).toBe(`${id} accepted, about to be cancelled\n`);
    const found = await bench.records.get(KEYS.batch(id));
    if (found === undefined) throw new Error('there is no batch');
    const error = { code: 'SourceNotFound', message: 'there is nothing' } as const;
    const example = { entry: 2, kind: 'failed', name: 'b.bin', source: 'https://origin.example/b', error } as const;
    const failures = [{ code: 'SourceNotFound', count: 1, examples: [example] }] as const;
    const over = ended(
      { ...found.value, list: { ...found.value.list, entries: 2, shards: 1 } },
      { counters: { ...NO_OUTCOMES, done: 1, failed: 1 }, failures },
      NOW,
    );
    await bench.records.put(KEYS.batch(id), { ...over, heldUntil: '2027-01-01T00:00:00.000Z' }, found.version);
    const status = testContext({ environment });
    expect(await run(['status', id, '--watch'], status)).toBe(9);
    expect(status.stdout.text).toContain('entries:     1 brought, 1 failed\n');
    expect(status.stdout.text).toContain('failed, SourceNotFound: 1\n  entry 2 b.bin: there is nothing\n');
    expect(status.stderr.text).toContain(`piecework retry ${id} tries again`);
    const retried = testContext({ environment });
    expect(await run(['retry', id], retried)).toBe(0);
    expect(retried.stdout.text).toBe(`${id} accepted\n`);
  });

  it('submit --batch gives the URL of a list as it is, and refuses what it can not send', async () => {
    await using folder = await mkdtempDisposable(join(tmpdir(), 'piecework-remote-batch-'));
    const bad = join(folder.path, 'bad.txt');
    await writeFile(bad, 'https://origin.example/a\nno url at all\n');
    await using here = await deploymentWorld();
    const { bench, context, served } = here;
    expect(
      await run(['submit', '--batch', '--format', 'csv', 'https://h.example/l.csv', 's3://bucket/in/'], context),
    ).toBe(0);
    const id = context.stdout.text.trim();
    expect(await bench.ports.fleet.sealed.unseal(`batches/${id}/list`)).toMatchObject({
      list: { kind: 'at', from: { url: 'https://h.example/l.csv' } },
      reading: { format: 'csv' },
    });
    for (const [list, to, said] of [
      [bad, 's3://bucket/in/', 'nothing was submitted'],
      ['/nonexistent/list', 's3://bucket/in/', "can't be read"],
      [bad, 's3://bucket/in', 'with a slash at its end'],
    ] as const) {
      const refused = testContext({ environment: environmentOf(served.url) });
      expect(await run(['submit', '--batch', '--format', list === bad ? 'urls' : 'csv', list, to], refused)).toBe(2);
      expect(refused.stderr.text).toContain(said);
    }
    expect((await bench.records.list('batches/')).paths.length).toBe(1);
  });

  it.each(EITHER_AS_OPTIONS)('submit --batch says all of a list that batch does (%#)', async (options, reading) => {
    await using here = await deploymentWorld();
    const { bench, context } = here;
    const args = ['submit', '--batch', ...options, 'https://h.example/l.csv', 's3://bucket/in/'];
    expect([await run(args, context), context.stderr.text]).toEqual([0, expect.any(String)]);
    const sealed = await bench.ports.fleet.sealed.unseal(`batches/${context.stdout.text.trim()}/list`);
    expect(sealed).toMatchObject({ reading });
    const taken: unknown[] = [];
    const batch: Local['batch'] = (request) =>
      batchRun(request, async ({ list }) => {
        taken.push(list);
        throw new PieceworkError('InvalidList', 'it was only to be seen');
      });
    expect(await run(['batch', ...options, 'l.csv', 'out/'], testContext({ local: () => ({ batch }) }))).toBe(2);
    expect(taken).toEqual([{ from: 'l.csv', ...reading }]);
  });

  it('submit --batch reads what lies beside a list of this machine, and says what it passed over', async () => {
    await using folder = await mkdtempDisposable(join(tmpdir(), 'piecework-remote-batch-'));
    const list = join(folder.path, 'fetch.txt');
    await writeFile(list, 'https://origin.example/a - data/a\n');
    const sha256 = 'a'.repeat(64);
    await using here = await deploymentWorld();
    const { bench, served } = here;
    const args = ['submit', '--batch', list, 's3://bucket/in/'];
    const bare = testContext({ environment: environmentOf(served.url) });
    expect(await run(args, bare)).toBe(0);
    expect(bare.stderr.text).toContain('list: no manifest lies beside it');
    await writeFile(join(folder.path, 'manifest-sha256.txt'), `${sha256}  data/a\n`);
    const proved = testContext({ environment: environmentOf(served.url) });
    expect(await run(args, proved)).toBe(0);
    expect(proved.stderr.text).not.toContain('list:');
    expect(await bench.ports.fleet.sealed.unseal(`batches/${proved.stdout.text.trim()}/list`)).toMatchObject({
      list: { entries: [{ name: 'data/a', digests: { sha256 } }] },
    });
  });

  it('submit --batch leaves out or refuses what a request can not say', async () => {
    await using folder = await mkdtempDisposable(join(tmpdir(), 'piecework-remote-batch-'));
    const list = join(folder.path, 'list');
    await using here = await deploymentWorld();
    const { bench, served } = here;
    async function submit(text: string, ...options: readonly string[]) {
      await writeFile(list, text);
      const context = testContext({ environment: environmentOf(served.url) });
      const code = await run(['submit', '--batch', ...options, list, 's3://bucket/in/'], context);
      return { code, said: context.stderr.text, id: context.stdout.text.trim() };
    }
    const assemblies = '#assembly_accession\tftp_path\nGCA_1\thttps://origin.example/GCA_1_x\n';
    const elsewhere = await submit(assemblies, '--format', 'ncbi');
    expect([elsewhere.code, elsewhere.said]).toEqual([2, expect.stringContaining('GCA_1_x/md5checksums.txt')]);
    expect(elsewhere.said).toContain('put the list where the deployment reads');
    const unknown = await submit('https://origin.example/a\n', '--format', 'csvv');
    expect([unknown.code, unknown.said]).toEqual([2, expect.stringContaining('no list is of the format csvv')]);
    expect((await bench.records.list('batches/')).paths).toEqual([]);
    const twice = 'https://origin.example/a\nhttps://other.example/a\n';
    expect((await submit(twice)).code).toBe(2);
    const { code, id } = await submit(twice, '--on-collision', 'first');
    expect(code).toBe(0);
    expect(await bench.ports.fleet.sealed.unseal(`batches/${id}/list`)).toMatchObject({
      list: { entries: [{ sources: ['https://origin.example/a'], name: 'a' }] },
    });
  });

  it('submit --batch sends what is said of SSH and S3 sources, wherever the list is', async () => {
    await using folder = await mkdtempDisposable(join(tmpdir(), 'piecework-remote-batch-'));
    const [list, key] = [join(folder.path, 'list.txt'), join(folder.path, 'key')];
    await writeFile(list, 'sftp://me@origin.example/a\ns3://bucket/b\nhttps://origin.example/c\n');
    await writeFile(key, 'text of a key');
    await using here = await deploymentWorld();
    const { bench, served } = here;
    const hostFingerprint = `SHA256:${'a'.repeat(43)}`;
    const said = ['--host-fingerprint', hostFingerprint, '-i', key, '--source-region', 'eu-central-1'];
    for (const from of [list, 'https://h.example/l.csv']) {
      const context = testContext({ environment: environmentOf(served.url) });
      expect(await run(['submit', '--batch', ...said, from, 's3://bucket/in/'], context), context.stderr.text).toBe(0);
      expect(await bench.ports.fleet.sealed.unseal(`batches/${context.stdout.text.trim()}/list`)).toMatchObject({
        source: {
          hostFingerprint,
          auth: { kind: 'key', privateKey: 'text of a key' },
          store: { region: 'eu-central-1' },
        },
      });
    }
  });

  it('list --json has as many transfers and as many batches as asked, and where each goes on', async () => {
    await using here = await deploymentWorld();
    const { bench, context, served } = here;
    const submit = ['submit', '--batch', '--format', 'csv', 'https://h.example/l.csv'];
    for (const to of ['a', 'b', 'c']) expect(await run([...submit, `s3://bucket/in/${to}/`], context)).toBe(0);
    const batchIds = context.stdout.text.trim().split('\n').sort().reverse();
    const older = ['01JZ7AAAAAAAAAAAAAAAAAAAA1', '01JZ7AAAAAAAAAAAAAAAAAAAA2', '01JZ7AAAAAAAAAAAAAAAAAAAA3'];
    for (const id of older) await bench.store(id);
    const listed = testContext({ environment: environmentOf(served.url) });
    expect(await run(['list', '--json', '--limit', '2'], listed)).toBe(0);
    const page = JSON.parse(listed.stdout.text);
    const ids = ({ transfers, batches }: typeof page) =>
      [...transfers, ...batches].map(({ id }: { readonly id: string }) => id);
    expect(ids(page)).toEqual([older[2], older[1], batchIds[0], batchIds[1]]);
    await using client = createClient({ url: served.url });
    const { transfers } = await client.list({ cursor: page.nextCursor });
    const { batches } = await client.listBatches({ cursor: page.nextBatchCursor });
    expect(ids({ transfers, batches })).toEqual([older[0], batchIds[2]]);
    const all = testContext({ environment: environmentOf(served.url) });
    expect(await run(['list', '--json', '--limit', '3'], all)).toBe(0);
    const whole = JSON.parse(all.stdout.text);
    expect([ids(whole).length, whole.nextCursor, whole.nextBatchCursor]).toEqual([6, undefined, undefined]);
    const people = testContext({ environment: environmentOf(served.url) });
    await run(['list', '--limit', '2'], people);
    expect(people.stdout.text.match(/^01\w+/gm)).toEqual(batchIds.slice(0, 2));
  });
});
