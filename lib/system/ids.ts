import { randomFillSync } from 'node:crypto';
import { ulid } from 'ulid';
import type { Ids } from '../values/random.ts';

/** Bytes for the random halves of some sixty ids: asked one by one, they took longer than the rest of an id. */
const random = new Uint8Array(1024);
let used = random.length;

export const systemIds: Ids = { ulid: () => ulid(undefined, randomFraction) };

function randomFraction(): number {
  if (used === random.length) {
    randomFillSync(random);
    used = 0;
  }
  const byte = random[used] ?? 0;
  used += 1;
  return byte / 256;
}
