/** Work that is done for many at once: what comes while it is under way is in the next group. */
export interface Groups<T> {
  /** Resolves when the group that `one` is in is done; rejects with what became of `one`. */
  join(one: T): Promise<void>;
}

/** @param work on a whole group; one result for each, in order */
export function groups<T>(work: (group: readonly T[]) => Promise<readonly PromiseSettledResult<void>[]>): Groups<T> {
  let waiting: { readonly one: T; readonly done: PromiseWithResolvers<void> }[] = [];
  let isBusy = false;

  async function run(): Promise<void> {
    isBusy = true;
    while (waiting.length > 0) {
      const group = waiting;
      waiting = [];
      const results = await work(group.map(({ one }) => one));
      for (const [index, { done }] of group.entries()) {
        const result = results[index];
        if (result?.status === 'rejected') done.reject(result.reason);
        else done.resolve();
      }
    }
    isBusy = false;
  }

  return {
    async join(one) {
      const done = Promise.withResolvers<void>();
      waiting.push({ one, done });
      if (!isBusy) void run();
      await done.promise;
    },
  };
}
