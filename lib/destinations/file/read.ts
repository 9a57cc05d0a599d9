import { open } from 'node:fs/promises';
import { PieceworkError } from '../../errors/error.ts';
import type { ByteReader } from '../../values/bytes.ts';
import { onDisk } from './errors.ts';

/** What stands at the path now. @throws PieceworkError `BodyShort`, `BodyLong` where it has another size. */
export async function bytesAt(path: string, sizeBytes: number, signal: AbortSignal): Promise<ByteReader> {
  const file = await onDisk(path, () => open(path, 'r'));
  let readBytes = 0;
  return {
    async read(into) {
      signal.throwIfAborted();
      const { bytesRead } = await onDisk(path, () => file.read(into, 0, into.length, readBytes));
      readBytes += bytesRead;
      if (readBytes > sizeBytes)
        throw new PieceworkError(
          'BodyLong',
          `${path} has more than ${sizeBytes} bytes by now: another program writes it`,
        );
      if (bytesRead === 0 && readBytes < sizeBytes)
        throw new PieceworkError(
          'BodyShort',
          `${path} has fewer than ${sizeBytes} bytes by now: another program writes it`,
        );
      return bytesRead;
    },
    [Symbol.asyncDispose]: () => file.close(),
  };
}
