import { afterAll, beforeAll } from 'vitest';

/**
 * One server for all tests of the suite or file that calls this: started before the first
 * of them, stopped after the last.
 */
export function forAllTests<T extends AsyncDisposable>(start: () => Promise<T>): () => T {
  let server: T;
  beforeAll(async () => {
    server = await start();
  });
  afterAll(() => server[Symbol.asyncDispose]());
  return () => server;
}
