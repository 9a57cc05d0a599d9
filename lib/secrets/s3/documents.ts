import { PieceworkError } from '../../errors/error.ts';
import type { SealedDocuments } from '../secrets.ts';
import type { SealedStore } from './objects.ts';
import { sealedObjects } from './objects.ts';

/** Deleted at a time. */
const SIDE_BY_SIDE = 16;

/** Lists and shards of batches as objects `sealed/{name}`, beside the sealed sources and with the same rights. */
export function s3SealedDocuments(store: SealedStore): SealedDocuments {
  const objects = sealedObjects(store, 'the sealed lists');
  const keyOf = (name: string) => `sealed/${name}`;
  return {
    seal: (name, value) => objects.put(keyOf(name), value),

    async unseal<T>(name: string) {
      const text = await objects.get(keyOf(name));
      if (text === undefined) return undefined;
      try {
        return JSON.parse(text) as T;
      } catch {
        // Without a cause: what a JSON parser complains of, it quotes.
        throw new PieceworkError('RecordCorrupt', 'a sealed list can not be read; submit the batch again');
      }
    },

    async discard(prefix) {
      for (;;) {
        // From the beginning each time: what was listed is gone.
        const { keys, isLast } = await objects.list(keyOf(prefix));
        for (let at = 0; at < keys.length; at += SIDE_BY_SIDE)
          await Promise.all(keys.slice(at, at + SIDE_BY_SIDE).map((key) => objects.delete(key)));
        if (isLast) return;
      }
    },
  };
}
