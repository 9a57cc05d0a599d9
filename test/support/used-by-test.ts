import { afterEach } from 'vitest';

/** Disposes of what a test uses when it ends, the newest first. For the file or block that calls this. */
export function usedByTest(): <T extends AsyncDisposable>(thing: T) => T {
  const used: AsyncDisposable[] = [];
  afterEach(async () => {
    for (const thing of used.splice(0).reverse()) await thing[Symbol.asyncDispose]();
  });
  return (thing) => {
    used.push(thing);
    return thing;
  };
}
