import { execFileSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { run } from '../../cli/run.ts';
import { commandFor } from '../../lib/api/answers/command.ts';
import type { CopyRequest } from '../../lib/index.ts';
import { completeOptions } from '../../lib/local/copy/check-request.ts';
import { toRequest } from '../../lib/pipeline/requests/submit.ts';
import type { SourceLocator } from '../../lib/transfer/locators.ts';
import type { ObjectSettings, TransferOptions } from '../../lib/transfer/request.ts';
import { testContext } from '../support/cli-context.ts';
import { report } from '../support/cli-local.ts';

// The command that does the same as a transfer: what a shell and the command line make of it is its request again.

const S3 = { kind: 's3', bucket: 'bucket', key: "it's a key/α.bin" };

function requestOf(
  options: Partial<TransferOptions> = {},
  object: ObjectSettings = {},
  source: SourceLocator = { url: 'https://host.example/a%20b.bin' },
  destination: { readonly kind: string } = S3,
) {
  return toRequest({ source, destination, object, options: completeOptions(options) });
}

/** The words that a shell makes of it. */
function wordsOf(command: string): readonly string[] {
  return execFileSync('sh', ['-c', `set -- ${command}; printf '%s\\0' "$@"`])
    .toString()
    .split('\0')
    .slice(0, -1);
}

async function readBack(command: string): Promise<CopyRequest | undefined> {
  let read: CopyRequest | undefined;
  const local = () => ({
    copy: async (request: CopyRequest) => {
      read = request;
      return report;
    },
  });
  const context = testContext({ local });
  expect(await run(wordsOf(command).slice(1), context), context.stderr.text).toBe(0);
  return read;
}

describe('the command for a transfer', () => {
  it('is short where everything is the default', () => {
    expect(commandFor(requestOf({}, {}, undefined, { kind: 'file', path: '/data/a.bin' } as never), 'copy')).toBe(
      'piecework copy https://host.example/a%20b.bin /data/a.bin',
    );
    expect(commandFor(requestOf(), 'submit')).toMatch(/^piecework submit https:\S+ 's3:\/\/bucket\/it'\\''s a key/);
  });

  it('says every setting, as the command line reads it', async () => {
    const options: Partial<TransferOptions> = {
      parallelism: 3,
      pieceSizeBytes: 8 * 1024 ** 2,
      maxFailures: 2,
      ifExists: 'fail',
      onSourceChange: 'fail',
      serverSideCopy: 'never',
      deadlineMs: 5_400_000,
      maxWaitMs: 1_500,
      holdMs: 0,
      strict: true,
      expect: { digests: { sha256: 'a'.repeat(64), crc32: '0badf00d' }, sizeBytes: 7, contentType: 'image/*' },
    };
    const object: ObjectSettings = {
      contentType: 'text/plain; charset=utf-8',
      storageClass: 'GLACIER_IR',
      acl: 'private',
      tags: { 'a b': "it's" },
      metadata: { name: '$(echo x) `y`' },
      encryption: { kind: 'kms', keyId: 'key' },
    };
    const read = await readBack(commandFor(requestOf(options, object), 'copy'));
    expect(read).toEqual({
      source: { url: 'https://host.example/a%20b.bin' },
      destination: "s3://bucket/it's a key/α.bin",
      object,
      options,
    });
  });

  it('holds nothing secret, and nothing that a terminal obeys', () => {
    const source = {
      url: 'https://me:PASSWORD@host.example/f.bin?signature=SECRET',
      headers: { cookie: 'COOKIE' },
      auth: { kind: 'bearer', token: 'TOKEN' },
    } as const;
    const place = { ...S3, key: 'a\u001b[2J\u202eb', endpoint: 'http://u:STOREPASSWORD@127.0.0.1:9' };
    const command = commandFor(requestOf({}, {}, source, place), 'copy');
    expect(command).not.toMatch(/PASSWORD|SECRET|COOKIE|TOKEN|\p{Cc}|\u202e/u);
    const hidden = commandFor(requestOf({}, {}, { url: 'https://h.example/SECRET/f', secretPath: true }), 'copy');
    expect(hidden).toMatch(/^piecework copy 'https:\/\/h\.example\/\*\*\*' .* --secret-path$/);
  });
});
