import { mkdtempDisposable, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { run } from '../../cli/run.ts';
import { USUAL_WORKERS } from '../../lib/aws/names.ts';
import type { OtherHome } from '../../lib/index.ts';
import { KEYS } from '../../lib/records/records.ts';
import type { TransferRecord } from '../../lib/transfer/record/record.ts';
import { toIso } from '../../lib/values/time.ts';
import { NOW, transferring } from '../support/a-transfer.ts';
import type { ApiBench } from '../support/api-bench.ts';
import { apiBench, GOOD, ID } from '../support/api-bench.ts';
import { testContext } from '../support/cli-context.ts';
import { deploymentWorld } from '../support/deployment-world.ts';
import { serveApi } from '../support/serve-api.ts';

const OTHER = '01JZ8R00000000000000000000';
/** What the engine would do next, in order, each at a look of the watcher. */
function next(bench: ApiBench, ...steps: readonly Partial<TransferRecord>[]): void {
  const left = [...steps];
  bench.onSleep = async () => {
    const step = left.shift();
    const there = await bench.records.get(KEYS.transfer(ID));
    if (step === undefined || there === undefined) return;
    await bench.records.put(KEYS.transfer(ID), { ...there.value, ...step, rev: there.value.rev + 1 }, there.version);
  };
}

it('hosts says that a deployment does not tell', async () => {
  await using here = await deploymentWorld();
  expect(await run(['hosts'], here.context)).toBe(2);
  expect(here.context.stderr.text).toContain('does not say what it has learned of hosts');
});

describe('submit', () => {
  it('hands over all that a copy would, prints the id, and says who answered', async () => {
    await using here = await deploymentWorld({ environment: { PIECEWORK_BEARER: 'b-token' } });
    const args = [
      'submit',
      '--parallel',
      '3',
      '--deadline',
      '1h',
      '-H',
      'X-A: b',
      '--tag',
      'team=a',
      '--expect-crc32',
      'ABCDEF01',
      '--sse',
      'kms',
      '--no-clobber',
    ];
    expect(await run([...args, 'https://origin.example/disk.iso?sig=1', 's3://bucket/in/'], here.context)).toBe(0);
    const id = here.context.stdout.text.trim();
    expect(here.context.stdout.text).toBe(`${id}\n`);
    expect(here.context.stderr.text).toContain(`answered by ${here.served.url}\n`);
    const record = (await here.bench.records.get(KEYS.transfer(id)))?.value;
    expect(record?.request).toMatchObject({
      destination: { kind: 's3', bucket: 'bucket', key: 'in/disk.iso' },
      object: { tags: { team: 'a' }, encryption: { kind: 'kms' } },
      options: { parallelism: 3, deadlineMs: 3_600_000, ifExists: 'fail', expect: { digests: { crc32: 'abcdef01' } } },
    });
    expect(await here.bench.ports.secrets.unseal(id, 1)).toEqual({
      url: 'https://origin.example/disk.iso?sig=1',
      headers: { 'x-a': 'b' },
      auth: { kind: 'bearer', token: 'b-token' },
    });
  });

  it("takes a key's file and a store's place with it, as far as they are of the source's kind", async () => {
    await using folder = await mkdtempDisposable(join(tmpdir(), 'piecework-key-'));
    const key = join(folder.path, 'id');
    await writeFile(key, 'the key');
    const pin = `SHA256:${'x'.repeat(43)}`;
    const args = ['-i', key, '--host-fingerprint', pin, '--source-endpoint-url', 'https://store.example'];
    const sealed = async (url: string) => {
      await using here = await deploymentWorld({ environment: { PIECEWORK_IDENTITY_PASSPHRASE: 'p' } });
      expect(await run(['submit', ...args, url, 's3://bucket/in/f'], here.context)).toBe(0);
      return await here.bench.ports.secrets.unseal(here.context.stdout.text.trim(), 1);
    };
    expect(await sealed('sftp://u@host/f')).toEqual({
      url: 'sftp://u@host/f',
      auth: { kind: 'key', privateKey: 'the key', passphrase: 'p' },
      hostFingerprint: pin,
    });
    expect(await sealed('s3://other/f')).toEqual({
      url: 's3://other/f',
      store: { endpoint: 'https://store.example' },
    });
    expect(await sealed('https://host/f')).toEqual({ url: 'https://host/f' });
    await using here = await deploymentWorld();
    expect(await run(['submit', '-i', `${key}-not`, 'sftp://host/f', 's3://bucket/in/f'], here.context)).toBe(2);
    expect(here.context.stderr.text).toContain(`${key}-not can't be read (ENOENT)`);
  });

  it('is the same transfer for the same idempotency key', async () => {
    await using here = await deploymentWorld();
    const args = ['submit', '--quiet', '--idempotency-key', 'k', 'https://origin.example/a', 's3://bucket/in/a'];
    await run(args, here.context);
    await run(args, here.context);
    const [first, second] = here.context.stdout.text.trim().split('\n');
    expect([second, here.context.stderr.text]).toEqual([first, '']);
  });

  it.each([
    [['https://h/a', '/tmp/a'], 'InvalidDestination'],
    [['https://h/', 's3://bucket/in/'], 'InvalidDestination'],
    [['https://h/a', 's3://other/a'], 'InvalidDestination'],
    [['--deadline', '30d', 'https://h/a', 's3://bucket/in/a'], 'InvalidOption'],
  ])('refuses %j with the exit code of a wrong command', async (args, code) => {
    await using here = await deploymentWorld();
    expect(await run(['submit', '--json', ...args], here.context)).toBe(2);
    expect(JSON.parse(here.context.stdout.text)).toMatchObject({ type: 'error', code });
  });

  it('needs a deployment', async () => {
    const context = testContext();
    expect(await run(['submit', 'https://h/a', 's3://b/a'], context)).toBe(2);
    expect(context.stderr.text).toContain('PIECEWORK_API_URL');
  });
});

describe('status --watch', () => {
  const completed = { status: 'completed', result: { sizeBytes: 100, version: 'validator', digests: {} } } as const;

  it('follows a transfer to its end', async () => {
    await using here = await deploymentWorld();
    await here.bench.store(ID, { status: 'planning' });
    next(here.bench, transferring(), { status: 'finalizing' }, completed);
    expect(await run(['status', '--watch', ID], here.context)).toBe(0);
    expect(here.context.stderr.text.split('\n').map((line) => line.split(/[:,]/)[0])).toEqual([
      'answered by http',
      'planning',
      'transferring',
      'finalizing',
      'completed',
      '',
    ]);
    expect(here.context.stdout.text).toContain('state:       completed\n');
  });

  it('says why a transfer waits in planning at each try, as the list does', async () => {
    await using here = await deploymentWorld();
    const reason = { code: 'SourceBusy', message: 'https://origin.example/file: 429' } as const;
    const waiting = (tries: number) => ({ reason, since: toIso(NOW), nextTryAt: toIso(NOW + 7_200_000), tries });
    await here.bench.store(ID, { status: 'planning', waiting: waiting(1) });
    expect(await run(['list'], here.context)).toBe(0);
    expect(here.context.stdout.text).toMatch(/planning \(SourceBusy, (again in|trying now)/);
    next(here.bench, { waiting: waiting(2) }, transferring(), completed);
    expect(await run(['status', '--watch', ID], here.context)).toBe(0);
    const lines = here.context.stderr.text.split('\n').filter((line) => line.startsWith('planning'));
    expect(lines).toHaveLength(2);
    expect(lines[0]).toContain(`429 (SourceBusy); 1 try since ${toIso(NOW)}, `);
    expect(lines[1]).toContain('2 tries since');
    expect(lines[1]).toContain('nothing to do: the source asked for patience');
  });

  it('ends as the transfer did', async () => {
    await using here = await deploymentWorld();
    await here.bench.store(ID);
    next(here.bench, {
      status: 'failed',
      reason: { code: 'SourceNotFound', message: 'https://origin.example/file: 404' },
    });
    expect(await run(['status', '--watch', '--json', ID], here.context)).toBe(3);
    const lines = here.context.stdout.text
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(lines.map(({ type, status, code }) => [type, status ?? code])).toEqual([
      ['progress', 'accepted'],
      ['progress', 'failed'],
      ['error', 'SourceNotFound'],
    ]);
  });

  it('stopped, it says that the transfer goes on', async () => {
    const stopping = new AbortController();
    await using here = await deploymentWorld({ signal: stopping.signal });
    await here.bench.store(ID, transferring());
    here.bench.onSleep = async () => {
      stopping.abort();
      await new Promise((resolve) => setImmediate(resolve));
    };
    expect(await run(['status', '--watch', ID], here.context)).toBe(130);
    expect(here.context.stderr.text).toContain(`goes on without you: piecework status ${ID} --watch`);
  });

  it('draws over one line on a terminal, and takes it away', async () => {
    await using here = await deploymentWorld({ isTTY: true, columns: 60 });
    await here.bench.store(ID, transferring());
    here.bench.ledger = [{ number: 1, sizeBytes: 10, crc32: 1, modifiedAt: toIso(NOW) }];
    next(here.bench, completed);
    expect(await run(['status', '--watch', ID], here.context)).toBe(0);
    expect(here.context.stderr.text).toContain('transferring: 10%, 10 B of 100 B');
    expect(here.context.stderr.text.endsWith('\r\u001b[0J')).toBe(true);
  });
});

describe('the verbs that both homes know', () => {
  it('list shows the newest of a deployment, filtered, as many as asked', async () => {
    await using here = await deploymentWorld();
    await here.bench.store(ID, transferring());
    await here.bench.store(OTHER, { status: 'cancelled' });
    expect(await run(['list', '--limit', '1'], here.context)).toBe(0);
    expect(here.context.stdout.text.split('\n')[1]).toMatch(
      new RegExp(`^${OTHER} +cancelled +- +1m +https://\\S+ +s3://bucket/key$`),
    );
    expect(here.context.stderr.text).toContain('--all or --limit N shows more');
    here.context.stdout.text = '';
    await run(['list', '--json', '--status', 'transferring'], here.context);
    expect(JSON.parse(here.context.stdout.text)).toMatchObject({
      type: 'result',
      home: here.served.url,
      transfers: [{ id: ID }],
    });
    expect(await run(['list', '--status', 'gone'], here.context)).toBe(2);
    expect(await run(['list', '--limit', '0'], here.context)).toBe(2);
  });

  it('status shows one with its piece map, by the beginning of its id', async () => {
    await using here = await deploymentWorld();
    await here.bench.store(
      ID,
      transferring({ trouble: { 3: { attempt: 2, failures: 1, waits: 0, code: 'SourceReset' } } }),
    );
    await here.bench.store(OTHER);
    here.bench.ledger = [1, 2].map((number) => ({ number, sizeBytes: 10, crc32: 1 }));
    expect(await run(['status', ID.slice(0, 7)], here.context)).toBe(0);
    expect(here.context.stdout.text).toContain('owner:       somebody\n');
    expect(here.context.stdout.text).toContain('trouble:     piece 3: SourceReset, 1 failure, 0 waits\n');
    expect(here.context.stdout.text).toMatch(/\n██!·······\n$/);
    expect(await run(['status', ID.slice(0, 4)], here.context)).toBe(2);
    expect(await run(['status', '01AAAA'], here.context)).toBe(8);
  });

  it('status says that the deployment is paused of what is not over, and of nothing else', async () => {
    await using here = await deploymentWorld();
    await here.bench.store(ID, transferring({}));
    await here.bench.store(OTHER, transferring({ status: 'cancelled', endedAt: toIso(NOW) }));
    const note = { v: 1, since: toIso(NOW), because: 'the source is being moved' } as const;
    await here.bench.records.put(KEYS.pause, note, 'absent');
    expect(await run(['status', OTHER], here.context)).toBe(0);
    expect(here.context.stderr.text).not.toContain('paused');
    expect(await run(['status', ID], here.context)).toBe(0);
    expect(here.context.stderr.text).toContain(
      'the deployment is paused since 2026-01-01T12:00:00.000Z: the source is being moved\n',
    );
  });

  it('cancel and retry', async () => {
    await using here = await deploymentWorld();
    await here.bench.store(ID, transferring());
    expect(await run(['cancel', ID], here.context)).toBe(0);
    expect(await run(['cancel', ID], here.context)).toBe(8);
    expect(here.context.stdout.text).toBe(`${ID} cancelled\n`);
    await here.bench.store(OTHER, { status: 'failed', reason: { code: 'SourceForbidden', message: '' } });
    here.context.stdout.text = '';
    expect(
      await run(['retry', OTHER, '--source', 'https://origin.example/file?sig=2', '-u', 'u:p'], here.context),
    ).toBe(0);
    expect(here.context.stdout.text).toBe(`${OTHER} accepted\n`);
    expect(await here.bench.ports.secrets.unseal(OTHER, 2)).toEqual({
      url: 'https://origin.example/file?sig=2',
      auth: { kind: 'basic', user: 'u', password: 'p' },
    });
  });

  it('--local asks this machine, and says so', async () => {
    await using here = await deploymentWorld({ local: () => ({ list: async () => [] }) });
    expect(await run(['list', '--local'], here.context)).toBe(0);
    expect(here.context.stderr.text).toBe('answered by this machine\nno transfers\n');
    expect(here.served.requests).toEqual([]);
  });

  it('refuses two homes at once, and what only a deployment can do', async () => {
    const context = testContext();
    expect(await run(['list', '--api', 'https://h', '--local'], context)).toBe(2);
    expect(await run(['status', '--watch', ID], context)).toBe(2);
    expect(context.stderr.text).toContain('--watch is for a deployment');
    expect(await run(['list', '--api', 'ftp://h'], context)).toBe(2);
  });

  it('says that nobody answers', async () => {
    const served = await serveApi(apiBench().app);
    await served[Symbol.asyncDispose]();
    const context = testContext();
    expect(await run(['cancel', ID, '--api', served.url], context)).toBe(4);
    expect(context.stderr.text).toContain('ECONNREFUSED');
  });
});

describe('who is asking', () => {
  it('is an API key where one is set', async () => {
    await using here = await deploymentWorld({ environment: { PIECEWORK_API_KEY: 'k-1', AWS_ACCESS_KEY_ID: 'x' } });
    await run(['list'], here.context);
    expect(here.served.requests[0]?.headers).toMatchObject({ 'x-api-key': 'k-1' });
    expect(here.served.requests[0]?.headers['authorization']).toBeUndefined();
  });

  it('is signed where AWS credentials are set, and nobody else', async () => {
    stubAws();
    await using here = await deploymentWorld({ environment: { AWS_ACCESS_KEY_ID: 'AKIDEXAMPLE' } });
    await run(['list'], here.context);
    expect(here.served.requests[0]?.headers['authorization']).toMatch(
      /^AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE\/\d{8}\/eu-central-1\/execute-api\//,
    );
    await using plain = await deploymentWorld();
    await run(['list'], plain.context);
    expect(plain.served.requests[0]?.headers['authorization']).toBeUndefined();
  });
});

describe('--stack', () => {
  const outputs = (...pairs: readonly [string, string][]) =>
    `<DescribeStacksResponse><Outputs>${pairs.map(([key, value]) => `<member>\n<OutputKey>${key}</OutputKey>\n<OutputValue>${value}</OutputValue></member>`).join('')}</Outputs></DescribeStacksResponse>`;

  async function listOf(status: number, body: string) {
    stubAws();
    await using cloudFormation = await serveApi({ fetch: () => new Response(body, { status }) });
    const context = testContext({ environment: { AWS_ENDPOINT_URL_CLOUDFORMATION: cloudFormation.url } });
    const exit = await run(['list', '--stack', 'my-stack'], context);
    return { exit, stderr: context.stderr.text, requests: cloudFormation.requests };
  }

  it("finds the API in the stack's outputs", async () => {
    await using here = await deploymentWorld();
    const { exit, stderr, requests } = await listOf(
      200,
      outputs(['Bucket', 'b'], ['PieceworkApiUrl', here.served.url]),
    );
    expect([exit, stderr]).toEqual([0, `answered by ${here.served.url}\nno transfers\n`]);
    expect(requests[0]?.body).toBe('Action=DescribeStacks&Version=2010-05-15&StackName=my-stack');
    expect(requests[0]?.headers['authorization']).toContain('/eu-central-1/cloudformation/aws4_request');
    expect(here.served.requests[0]?.headers['authorization']).toContain('/execute-api/');
  });

  it.each([
    [200, outputs(['Bucket', 'b']), 2, 'no output …ApiUrl'],
    [200, outputs(['AApiUrl', 'https://a'], ['BApiUrl', 'https://b']), 2, 'several deployments'],
    [
      400,
      '<ErrorResponse><Error><Code>ValidationError</Code><Message>Stack does not exist</Message></Error></ErrorResponse>',
      2,
      'there is no stack "my-stack" in eu-central-1',
    ],
    [
      403,
      '<ErrorResponse><Error><Code>AccessDenied</Code></Error></ErrorResponse>',
      2,
      'cloudformation:DescribeStacks',
    ],
    [500, '', 4, 'CloudFormation failed'],
  ])('says what is wrong with %d %s', async (status, body, exit, sentence) => {
    const answered = await listOf(status, body);
    expect([answered.exit, answered.stderr]).toEqual([exit, expect.stringContaining(sentence)]);
  });
});

function stubAws(): void {
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'AKIDEXAMPLE');
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'secret');
  vi.stubEnv('AWS_REGION', 'eu-central-1');
}

describe('plan', () => {
  it('asks a deployment how it is made, and says what it would do and cost', async () => {
    const workers = { ...USUAL_WORKERS, fetcherMemoryMiB: 512, hostConnections: 4, pieceTimeoutSeconds: 60 };
    const bench = apiBench({ workers });
    await using served = await serveApi(bench.app);
    const { source, destination } = GOOD;
    const plan = { mode: 'pieces', sizeBytes: 160 * 2 ** 20, pieceSizeBytes: 16 * 2 ** 20, pieceCount: 10 } as const;
    const asked: OtherHome[] = [];
    const context = testContext({
      environment: { PIECEWORK_API_URL: served.url },
      local: () => ({
        planFor: async (other) => {
          asked.push(other);
          return {
            source: source.url,
            finalUrl: source.url,
            destination: { kind: 's3', ...destination },
            snapshot: {
              sizeBytes: plan.sizeBytes,
              ranges: true,
              validator: { kind: 'none' },
              digests: {},
              warnings: [],
            },
            plan,
            warnings: [],
          };
        },
      }),
    });
    expect(await run(['plan', source.url, 's3://bucket/in/disk.iso'], context)).toBe(0);
    expect(context.stderr.text).toBe(`answered by ${served.url}\n`);
    expect(context.stdout.text).toMatch(/^by: +4 connections at/m);
    expect(asked).toMatchObject([{ policy: { pieceTimeMs: 30_000 } }]);
  });
});
