import { execFile, spawn } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { miniStack } from '../support/ministack.ts';

const run = promisify(execFile);

/** An AWS to deploy into: a stand-in on loopback, or, behind an explicit switch, AWS itself. */
export interface Cloud extends AsyncDisposable {
  readonly kind: 'ministack' | 'localstack' | 'aws';
  /** What SDKs and the CDK find it by. */
  readonly env: Readonly<Record<string, string>>;
  readonly account: string;
  readonly region: string;
  /** Absent for AWS. */
  readonly endpoint?: string;
  /** Of the stand-in, where it was started here: its functions are children of it. */
  readonly pid?: number;
  /** Requests at its S3 so far, of functions and of tests, as `METHOD /bucket/key names in its query`: of MiniStack. */
  s3Requests?(): Promise<readonly string[]>;
  /** URL before `/v1/…`. */
  apiBase(apiId: string, apiUrl: string): string;
}

export interface CloudOptions {
  /**
   * Where functions find the stand-in: a relay before it, that can be cut. Only MiniStack can be set up so.
   * @default its own
   */
  readonly functionsPort?: number;
}

/**
 * `STAND_IN` = `ministack` (the default: installed and started here), `localstack` (already running, or started by the
 * command in `LOCALSTACK_UP`, which prints its endpoint), or `aws` together with `PIECEWORK_E2E_AWS_ACCOUNT`, the
 * account that may be deployed to.
 */
export async function startCloud(options: CloudOptions = {}): Promise<Cloud> {
  const kind = process.env['STAND_IN'] ?? 'ministack';
  switch (kind) {
    case 'ministack':
      return await startMiniStack(options);
    case 'localstack':
      return await startLocalStack();
    case 'aws':
      return await realAws();
    default:
      throw new Error(`STAND_IN must be ministack, localstack or aws, and is "${kind}"`);
  }
}

const ACCOUNT = '000000000000';
const REGION = 'us-east-1';

/** Nothing of the developer's own account may be found: an ambient profile would deploy to it. */
function standInEnv(endpoint: string): Record<string, string> {
  return {
    AWS_ENDPOINT_URL: endpoint,
    AWS_ACCESS_KEY_ID: 'test',
    AWS_SECRET_ACCESS_KEY: 'test',
    AWS_REGION: REGION,
    AWS_DEFAULT_REGION: REGION,
    AWS_PROFILE: '',
    AWS_CONFIG_FILE: '/dev/null',
    AWS_SHARED_CREDENTIALS_FILE: '/dev/null',
    AWS_EC2_METADATA_DISABLED: 'true',
  };
}

/**
 * It holds every call against the policies of its caller, as AWS does: a right that a
 * function lacks fails a transfer here.
 */
const MINISTACK = { AUTH: 'true', NODE_NO_WARNINGS: '1' };

async function startMiniStack({ functionsPort }: CloudOptions): Promise<Cloud> {
  // Functions run with the first node on PATH: the one that runs this.
  process.env['PATH'] = `${dirname(process.execPath)}:${process.env['PATH'] ?? ''}`;
  const relayed =
    functionsPort === undefined
      ? {}
      : { AWS_ENDPOINT_URL: `http://127.0.0.1:${functionsPort}`, QUEUE_URL_PORT: String(functionsPort) };
  const folder = await mkdtemp(join(tmpdir(), 'piecework-e2e-'));
  const S3_REQUEST_LOG = join(folder, 's3.log');
  const server = await (await miniStack('patched', { ...MINISTACK, ...relayed, S3_REQUEST_LOG }))();
  return {
    kind: 'ministack',
    env: standInEnv(server.endpoint),
    account: ACCOUNT,
    region: REGION,
    endpoint: server.endpoint,
    pid: server.pid,
    s3Requests: async () => (await readFile(S3_REQUEST_LOG, 'utf8')).trimEnd().split('\n'),
    apiBase: (apiId) => `${server.endpoint}/restapis/${apiId}/prod/_user_request_`,
    async [Symbol.asyncDispose]() {
      await server[Symbol.asyncDispose]();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

async function startLocalStack(): Promise<Cloud> {
  const up = process.env['LOCALSTACK_UP'];
  const given = process.env['LOCALSTACK_ENDPOINT'] ?? 'http://127.0.0.1:4566';
  const endpoint = up === undefined ? given : (/http:\/\/127\.0\.0\.1:\d+/.exec(await said(up))?.[0] ?? given);
  await healthy(`${endpoint}/_localstack/health`);
  const down = process.env['LOCALSTACK_DOWN'];
  return {
    kind: 'localstack',
    env: standInEnv(endpoint),
    account: ACCOUNT,
    region: REGION,
    endpoint,
    apiBase: (apiId) => `${endpoint}/_aws/execute-api/${apiId}/prod`,
    async [Symbol.asyncDispose]() {
      if (down !== undefined) await run('sh', ['-c', down]);
    },
  };
}

/**
 * Runs a launcher that leaves a server behind, and returns what it printed: waiting for the end of its
 * output would wait for the server.
 */
async function said(command: string): Promise<string> {
  const child = spawn('sh', ['-c', command], { stdio: ['ignore', 'pipe', 'inherit'] });
  let text = '';
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    text += chunk;
  });
  const code = await new Promise<number | null>((resolve) => child.once('exit', resolve));
  child.stdout.destroy();
  if (code !== 0) throw new Error(`${command} ended with ${code}`);
  return text;
}

async function healthy(url: string): Promise<void> {
  const answer = await fetch(url).catch((cause: unknown) => {
    throw new Error(`nothing answers at ${url}: start LocalStack first, see docs/localstack.md`, { cause });
  });
  if (!answer.ok) throw new Error(`${url} answered ${answer.status}`);
}

/** Costs money and leaves the bucket of the CDK's bootstrap behind, so it asks for the account by its number. */
async function realAws(): Promise<Cloud> {
  const account = process.env['PIECEWORK_E2E_AWS_ACCOUNT'];
  const region = process.env['AWS_REGION'];
  if (account === undefined || region === undefined)
    throw new Error('STAND_IN=aws needs PIECEWORK_E2E_AWS_ACCOUNT and AWS_REGION: what is created there costs money');
  if (process.env['AWS_ENDPOINT_URL'] !== undefined)
    throw new Error('STAND_IN=aws and AWS_ENDPOINT_URL contradict each other');
  const variables = ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY', 'AWS_SESSION_TOKEN', 'AWS_PROFILE'].flatMap(
    (name) => {
      const value = process.env[name];
      return value === undefined ? [] : [[name, value] as const];
    },
  );
  return {
    kind: 'aws',
    env: { ...Object.fromEntries(variables), AWS_REGION: region },
    account,
    region,
    apiBase: (_, apiUrl) => apiUrl.replace(/\/$/, ''),
    async [Symbol.asyncDispose]() {},
  };
}
