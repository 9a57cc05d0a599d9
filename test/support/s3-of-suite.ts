import type { S3Client } from '@aws-sdk/client-s3';
import { afterAll, beforeAll } from 'vitest';
import { clientOf } from './s3-client.ts';
import type { S3Server } from './s3-process.ts';

/** One server for all tests of the suite around it: there from the first of them to the last. */
export function s3OfSuite(start: () => Promise<S3Server>): { readonly server: S3Server; readonly client: S3Client } {
  let started: { readonly server: S3Server; readonly client: S3Client } | undefined;
  beforeAll(async () => {
    const server = await start();
    started = { server, client: clientOf(server) };
  });
  afterAll(async () => {
    started?.client.destroy();
    await started?.server[Symbol.asyncDispose]();
  });
  const now = () => {
    if (started === undefined) throw new Error('the server is there while the tests of its suite run');
    return started;
  };
  return {
    get server() {
      return now().server;
    },
    get client() {
      return now().client;
    },
  };
}
