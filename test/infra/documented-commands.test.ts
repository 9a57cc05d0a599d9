import { execFile } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { listenOnLoopback } from '../support/loopback.ts';

const run = promisify(execFile);
const ROOT = join(import.meta.dirname, '..', '..');
const DOCUMENTS = ['README.md', ...readdirSync(join(ROOT, 'docs')).map((name) => join('docs', name))];

/** Each `npx cdk …` of a document's shell blocks, without its comment. */
const COMMANDS = new Set(
  DOCUMENTS.filter((name) => name.endsWith('.md'))
    .flatMap((name) => [...readFileSync(join(ROOT, name), 'utf8').matchAll(/^```sh\n(.*?)^```/gms)])
    .flatMap(([, block = '']) => block.split(/\n|&&/))
    .map((line) => line.replace(/\s+#.*/, '').trim())
    .filter((line) => line.startsWith('npx cdk ')),
);

let folder: string;
let port: number;
const asked: string[] = [];
/** An AWS that refuses everything: nothing leaves this machine. */
const cloud = createServer((request, response) => {
  let body = '';
  request.on('data', (chunk: Buffer) => {
    body += chunk.toString();
  });
  request.on('end', () => {
    asked.push(/Action=(\w+)/.exec(body)?.[1] ?? `${request.method} ${request.url}`);
    response.writeHead(403, { 'content-type': 'text/xml' });
    response.end('<ErrorResponse><Error><Code>AccessDenied</Code><Message>no cloud</Message></Error></ErrorResponse>');
  });
});
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'piecework-documented-'));
  port = await listenOnLoopback(cloud);
});
afterAll(async () => {
  cloud.close();
  await rm(folder, { recursive: true, force: true });
});

describe('each cdk command of the documents', () => {
  it('is found', () => {
    const verbs = new Set([...COMMANDS].map((command) => command.split(' ')[2]));
    expect(verbs).toEqual(new Set(['bootstrap', 'deploy', 'destroy']));
  });

  it.each([...COMMANDS])(
    '%s: runs from the checkout as it stands, up to the cloud',
    async (command) => {
      asked.length = 0;
      // The bundles are there already, `npm test` made them; and no file is left in the checkout.
      const more = ['--build', 'true', '--output', join(folder, 'cdk.out'), '--no-notices', '--ci'];
      const args = [...command.split(' ').slice(2), ...more].map((arg) =>
        arg.replace('outputs.json', join(folder, 'o')),
      );
      const ran = await run(join(ROOT, 'node_modules', '.bin', 'cdk'), args, {
        cwd: ROOT,
        env: {
          PATH: `${dirname(process.execPath)}:${process.env['PATH'] ?? ''}`,
          HOME: folder,
          CDK_DISABLE_CLI_TELEMETRY: 'true',
          AWS_ENDPOINT_URL: `http://127.0.0.1:${port}`,
          AWS_ACCESS_KEY_ID: 'test',
          AWS_SECRET_ACCESS_KEY: 'test',
          AWS_REGION: 'us-east-1',
          AWS_MAX_ATTEMPTS: '1',
        },
      }).catch((error: { readonly stdout: string; readonly stderr: string }) => error);
      const said = ran.stdout + ran.stderr;
      expect(said).not.toMatch(/say where transfers may write|Synthesis finished with errors/);
      expect(said).toMatch(/no cloud|AccessDenied|is not valid JSON/);
      expect(asked, said).not.toEqual([]);
    },
    120_000,
  );
});
