/** Runs `work` for all, so many at a time; rejects with the first reason when all that had begun are over. */
export async function sideBySide<T>(all: Iterable<T>, most: number, work: (one: T) => Promise<void>): Promise<void> {
  const rest = all[Symbol.iterator]();
  let failed: { readonly error: unknown } | undefined;
  const worker = async (): Promise<void> => {
    for (let next = rest.next(); next.done !== true && failed === undefined; next = rest.next()) {
      try {
        await work(next.value);
      } catch (error) {
        failed ??= { error };
      }
    }
  };
  await Promise.all(Array.from({ length: most }, worker));
  if (failed !== undefined) throw failed.error;
}
