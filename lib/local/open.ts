import type { Local, LocalOptions } from './api.ts';
import { batchRun } from './batch/batch-run.ts';
import { batchStatus, listBatches } from './batch/requests/look.ts';
import { copy } from './copy/copy.ts';
import type { Home } from './home/home.ts';
import { openHome } from './home/home.ts';
import { cancel } from './requests/cancel.ts';
import { clean } from './requests/clean.ts';
import { list, status } from './requests/look.ts';
import { plan } from './requests/plan.ts';
import { retry } from './requests/retry.ts';

/** Piecework on this machine, with everything embedded. Dispose of it to close its connections. */
export function openLocal(options: LocalOptions = {}): Local {
  return localOf(openHome(options));
}

/** The functions over a home, for a home that was put together otherwise. */
export function localOf(home: Home): Local {
  const never = new AbortController().signal;
  return {
    copy: (request, signal = never) => copy(home, request, signal),
    batch: (request, signal = never) =>
      batchRun(request, async (heard) => {
        // Loaded only where there is a list: its readers bring parsers along.
        const { batch } = await import('./batch/batch.ts');
        return await batch(home, heard, signal);
      }),
    listBatches: () => listBatches(home),
    batchStatus: (batchId) => batchStatus(home, batchId),
    async cancelBatch(batchId, signal = never) {
      const { cancelBatch } = await import('./batch/requests/cancel.ts');
      return await cancelBatch(home, batchId, signal);
    },
    async retryBatch(batchId, options = {}, signal = never) {
      const { retryBatch } = await import('./batch/requests/retry.ts');
      return await retryBatch(home, batchId, options, signal);
    },
    async planBatch(request, signal = never) {
      const { planBatch } = await import('./batch/dry-run/plan-batch.ts');
      return await planBatch(home, request, signal);
    },
    plan: (request, signal = never) => plan(home, request, signal),
    async planFor(other, request, signal = never) {
      const { planFor } = await import('./requests/plan-for.ts');
      return await planFor(home, other, request, signal);
    },
    list: () => list(home),
    async hosts() {
      const { hostView } = await import('./live/host-view.ts');
      return (await hostView(home).look()).hosts;
    },
    status: (transferId, signal = never) => status(home, transferId, signal),
    cancel: (transferId, signal = never) => cancel(home, transferId, signal),
    retry: (transferId, options = {}, signal = never) => retry(home, transferId, options.source, signal),
    async serve(options = {}, signal = never) {
      const { serve } = await import('./server/server.ts');
      return await serve(home, options, signal);
    },
    clean: (options = {}, signal = never) => clean(home, options, signal),
    [Symbol.asyncDispose]: () => home[Symbol.asyncDispose](),
  };
}
