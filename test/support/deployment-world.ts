import { NOW } from './a-transfer.ts';
import { apiBench } from './api-bench.ts';
import { testContext } from './cli-context.ts';
import { serveApi } from './serve-api.ts';

const noLocal = () => {
  throw new Error('this machine was asked');
};

/** A deployment's API, served, and a command line that knows it and has no machine of its own to ask. */
export async function deploymentWorld(options: Parameters<typeof testContext>[0] = {}) {
  const bench = apiBench();
  const served = await serveApi(bench.app);
  const context = testContext({
    local: noLocal,
    ...options,
    environment: { PIECEWORK_API_URL: served.url, LANG: 'C.UTF-8', ...options.environment },
  });
  context.time = NOW + 60_000;
  return { bench, served, context, [Symbol.asyncDispose]: () => served[Symbol.asyncDispose]() };
}
