import type { CopyUploads } from '../../lib/destinations/destination.ts';
import type { ErrorCode } from '../../lib/errors/codes.ts';
import { PieceworkError } from '../../lib/errors/error.ts';
import type { ByteReader } from '../../lib/values/bytes.ts';

/** Everything a reader gives, through a buffer of `windowBytes`; disposes of it. */
export async function readAll(reader: ByteReader, windowBytes = 10_000): Promise<Buffer> {
  const window = new Uint8Array(windowBytes);
  const parts: Buffer[] = [];
  try {
    for (let count = await reader.read(window); count > 0; count = await reader.read(window)) {
      parts.push(Buffer.from(window.subarray(0, count)));
    }
  } finally {
    await reader[Symbol.asyncDispose]();
  }
  return Buffer.concat(parts);
}

/** The `PieceworkError` that a promise rejects with; anything else fails the test. */
export async function failureOf(promise: Promise<unknown>, code: ErrorCode): Promise<PieceworkError> {
  const outcome = await promise.then(
    () => 'it succeeded',
    (error: unknown) => error,
  );
  if (!(outcome instanceof PieceworkError)) {
    throw new Error(`${code} was expected, and this came: ${String(outcome)}`, { cause: outcome });
  }
  if (outcome.code !== code) {
    throw new Error(`${code} was expected, and ${outcome.code} came: ${outcome.message}`, { cause: outcome });
  }
  return outcome;
}

/** As `failureOf`, of something that throws at once. */
export function thrownBy(action: () => unknown, code: ErrorCode): Promise<PieceworkError> {
  return failureOf(
    (async () => {
      action();
    })(),
    code,
  );
}

export function call(signal: AbortSignal = new AbortController().signal): { readonly signal: AbortSignal } {
  return { signal };
}

export async function allOf<T>(items: AsyncIterable<T>): Promise<readonly T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}

/** For a promotion whose uploads are not recorded. */
export const unwatched: CopyUploads = { begins: async () => {}, began: async () => {} };
