import { join, resolve } from 'node:path';
import { pid } from 'node:process';
import { viewBatch } from '../../api/answers/batch.ts';
import { createApi } from '../../api/app.ts';
import type { ApiDeps } from '../../api/deps.ts';
import { viewService } from '../../api/service/handlers.ts';
import { PieceworkError } from '../../errors/error.ts';
import { readableBatch } from '../../pipeline/requests/batches/load-batch.ts';
import { isBatchTombstone } from '../../transfer/batch/batch-record.ts';
import { toIso } from '../../values/time.ts';
import { VERSION } from '../../values/version.ts';
import { stopper } from '../engine/stopper.ts';
import { homeFeed } from '../feed/home-feed.ts';
import type { Home } from '../home/home.ts';
import { transferIndex } from '../list/transfer-index.ts';
import { hostView } from '../live/host-view.ts';
import { liveTransfers } from '../live/live-transfers.ts';
import type { Metrics } from '../metrics/metrics.ts';
import { serverMetrics } from '../metrics/metrics.ts';
import { localDryRuns } from '../service/dry-runs.ts';
import type { LocalService } from '../service/service.ts';
import { openService } from '../service/service.ts';
import { addressOf, authorityOf, namesOf } from './address.ts';
import type { RunningServer, ServeOptions } from './api.ts';
import { gate } from './gate.ts';
import type { Answer } from './listener.ts';
import { listen } from './listener.ts';
import { anywhere } from './locate.ts';
import { openPage } from './page.ts';
import { serverFolder, takePresence } from './presence.ts';
import { reportsHere } from './report.ts';
import { readOrMakeToken, readToken } from './token.ts';

const DRAIN_MS = 30_000;
const UPKEEP_EVERY_MS = 60_000;

/**
 * Serves the REST API of this machine until the signal is aborted. What an earlier process left unfinished goes on by
 * itself. Then nothing new is taken, what is under way has `drainMs` to come to its end, and the rest stands in the
 * records for the next start.
 * @throws PieceworkError `ServerRunning`, `AddressInUse`, `InvalidOption`.
 */
export async function serve(home: Home, options: ServeOptions, signal: AbortSignal): Promise<void> {
  const { tls, drainMs = DRAIN_MS } = options;
  const address = addressOf(options);
  await using presence = await takePresence(home.stateDir);
  const tokenFile = resolve(options.tokenFile ?? join(serverFolder(home.stateDir), 'token'));
  const token = options.tokenFile === undefined ? await readOrMakeToken(tokenFile) : readToken(tokenFile);
  const state = { isReady: false };
  let answer: Answer = () => new Response(null, { status: 503 });
  await using listener = await listen(address, tls, (request) => answer(request));
  using index = transferIndex(home);
  const hosts = hostView(home);
  using _hosts = home.listen(hosts.hear);
  const dryRuns = localDryRuns(home, hosts);
  const live = liveTransfers(home.clock, home.engine.atWork);
  await using service = await openService(home);
  const metrics = serverMetrics(home, { machine: service.machine, hosts, live });
  using _metrics = home.listen((event) => metrics.counts.hear(event));
  using feed = homeFeed(home, live, service, {
    async batch(id) {
      const record = await readableBatch(home, id);
      const isShown = record !== undefined && !isBatchTombstone(record);
      return isShown ? { ...viewBatch(record, ''), ...service.machine.standingOfBatch(record) } : undefined;
    },
    service: async () => viewService({ version: VERSION, machine: service.machine, feed, hosts: hosts.look, dryRuns }),
    hosts: hosts.look,
  });
  service.signal.addEventListener('abort', () => feed.end(), { once: true });
  const scheme = tls === undefined ? 'http' : 'https';
  const letIn = gate({ token, scheme, names: namesOf(address, listener.port, options.hosts ?? []) });
  const api = apiOf(home, service, { live, feed, list: index.list, hosts: hosts.look, dryRuns }, metrics);
  const page = await openPage();
  answer = (request) =>
    page(request) ?? letIn(request) ?? ready(request, state) ?? metrics.answer(request) ?? api.fetch(request);
  const server: RunningServer = {
    url: `${scheme}://${address.kind === 'socket' ? 'localhost' : authorityOf(address.host, listener.port)}`,
    ...(address.kind === 'socket' ? { socket: address.path } : {}),
    tokenFile,
    pid,
    startedAt: toIso(home.clock.now()),
    version: VERSION,
  };
  await presence.announce(server);
  options.onListening?.(server);
  // To the end of what is drained.
  using telling = stopper();
  const notifying = home.notifications.keepDelivering(telling.signal);
  try {
    await service.goOnWithAll(signal);
    state.isReady = true;
    // The first reader is not to wait for the names of thousands.
    void index.list({ limit: 1 }).catch(() => {});
    for (;;) {
      await service.settleAll(signal);
      await home.clock.sleep(UPKEEP_EVERY_MS, signal);
    }
  } catch (error) {
    if (!signal.aborted) throw error;
    state.isReady = false;
    await drain(home, service, drainMs);
  } finally {
    telling.now();
    await notifying;
  }
}

function apiOf(
  home: Home,
  service: LocalService,
  seen: Pick<ApiDeps, 'live' | 'feed' | 'list' | 'hosts' | 'dryRuns'>,
  { counts }: Pick<Metrics, 'counts'>,
) {
  return createApi({
    ports: service.ports,
    requests: service.requests,
    machine: service.machine,
    signal: service.signal,
    version: VERSION,
    ...seen,
    locate: anywhere(home.destinations),
    report: reportsHere(home.destinations),
    // One that is none of ours is refused at once.
    checkSource: (url) => void home.sources(url),
    checkHooks({ taskToken }) {
      if (taskToken !== undefined)
        throw new PieceworkError(
          'InvalidOption',
          'taskToken: tasks of Step Functions are notified by a deployment only',
        );
    },
    ownerOf: () => 'local',
    onAnswered(request, failure) {
      counts.answered(request);
      const { method, route } = request;
      if (failure === undefined) return;
      const { code, message } = failure;
      void home.events.emit({ type: 'warning', message: `${method} ${route} failed (${code}): ${message}` });
    },
  });
}

/** `GET /v1/ready`: whether it takes transfers; `health` says only that it is there. */
function ready(request: Request, { isReady }: { readonly isReady: boolean }): Response | undefined {
  if (new URL(request.url).pathname !== '/v1/ready' || request.method !== 'GET') return undefined;
  const status = isReady ? 200 : 503;
  return Response.json(
    { status: isReady ? 'ready' : 'not ready' },
    { status, headers: { 'cache-control': 'no-store' } },
  );
}

async function drain(home: Home, service: LocalService, drainMs: number): Promise<void> {
  using patience = stopper();
  const late = home.clock.sleep(drainMs, patience.signal).catch(() => {});
  using end = stopper();
  await Promise.race([service.drain(end.signal), late]);
  end.now();
  patience.now();
}
