import type { ByteReader } from '../values/bytes.ts';

/** What is thrown in place of what a source has thrown. */
export type Rephrase = (thrown: unknown) => unknown;

export async function rephrased<T>(rephrase: Rephrase, run: () => Promise<T>): Promise<T> {
  try {
    return await run();
  } catch (thrown) {
    throw rephrase(thrown);
  }
}

export function rephrasedReader(rephrase: Rephrase, reader: ByteReader): ByteReader {
  return {
    read: (into) => rephrased(rephrase, () => reader.read(into)),
    [Symbol.asyncDispose]: () => reader[Symbol.asyncDispose](),
  };
}
