import { expect, test } from 'vitest';
import { holdsSecret, redactUrl } from '../../lib/errors/redact.ts';

const SHA256 = '9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08';
const JWT = 'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl';

test.each([
  ['/app;jsessionid=CANARY', '/app;jsessionid=***'],
  ['/d/a.!token=CANARY', '/d/a.!token=***'],
  ['/app;JSESSIONID=CANARY;v=1/file.bin', '/app;JSESSIONID=***;v=1/file.bin'],
  ['/bot12345:CANARY/getFile', '/bot***/getFile'],
  ['/file/bot12345:CANARY/documents/a.pdf', '/file/bot***/documents/a.pdf'],
  ['/bot12345%3ACANARY/getFile', '/bot***/getFile'],
  ['/services/T0000ABCD/B0000ABCD/CANARY', '/services/***'],
  ['/triggers/T0000ABCD/12345/CANARY', '/triggers/***'],
  ['/api/webhooks/123456789/CANARY', '/api/webhooks/123456789/***'],
  ['/webhookb2/a@b/IncomingWebhook/CANARY/CANARY', '/webhookb2/a@b/IncomingWebhook/***'],
  [`/d/${JWT}/file.bin`, '/d/***/file.bin'],
  [`/d/token=${JWT}/file.bin`, '/d/token=***/file.bin'],
  [`/token/${SHA256}/file.bin`, '/token/***/file.bin'],
  ['/access-token/Ab3dEf6hIj9kLm2nOp5q/a', '/access-token/***/a'],
  ['/key/123e4567-e89b-42d3-a456-426614174000/a', '/key/***/a'],
  ['/edge-cache-token=Expires=1&Signature=CANARY/a.mp4', '/edge-cache-token=***&Signature=***/a.mp4'],
  ['/bcdn_token=CANARY&expires=1/a.mp4', '/bcdn_token=***&expires=1/a.mp4'],
  ['/exp=1~acl=/hmac=CANARY/a', '/exp=1~acl=/hmac=***/a'],
  ['/raw/ghp_CANARY0123456789abcdef/a', '/raw/***/a'],
])('%s is shown as %s', (path, shown) => {
  expect(redactUrl(`https://host.example${path}`)).toBe(`https://host.example${shown}`);
  expect(holdsSecret(`https://host.example${path}`)).toBe(true);
});

test.each([
  `/blobs/sha256/${SHA256}`,
  `/${SHA256}.tar.gz`,
  `/v2/app/blobs/sha256:${SHA256}`,
  '/objects/123e4567-e89b-42d3-a456-426614174000/file.bin',
  '/auth/report-2024-final-version.pdf',
  '/auth/sha256/file.bin',
  '/keys/release-signing-key-2024.asc',
  '/services/team/report.pdf',
  '/tokenizer/0123456789abcdef0123456789abcdef/vocab.json',
  '/webhooks/readme.md',
  '/partition/key=2024-01-01/part-0001.parquet',
  '/a;v=1/b,c=2/file.bin',
  '/bottles/bot.txt',
  '/session/notes.txt',
  '/eyJ.txt',
])('%s stays readable', (path) => {
  expect(redactUrl(`https://host.example${path}`)).toBe(`https://host.example${path}`);
  expect(holdsSecret(`https://host.example${path}`)).toBe(false);
});
