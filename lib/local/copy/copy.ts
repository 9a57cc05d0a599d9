import { asPieceworkError, toErrorRecord } from '../../errors/error.ts';
import { submit, toRequest } from '../../pipeline/requests/submit.ts';
import { pageInstead } from '../../pipeline/shared/object/object-spec.ts';
import { isPageInstead } from '../../transfer/checks/page-instead.ts';
import type { TransferRecord } from '../../transfer/record/record.ts';
import type { TransferOptions, TransferRequest } from '../../transfer/request.ts';
import { stated } from '../../values/stated.ts';
import type { CopyReport, CopyRequest } from '../api.ts';
import type { Run } from '../engine/run.ts';
import type { Home } from '../home/home.ts';
import { leftAsItIs, requestNow, whyStartAnew } from './changed-request.ts';
import { checkRequest, completeOptions } from './check-request.ts';
import type { FirstLook } from './first-look.ts';
import { lookAt } from './first-look.ts';
import { runToReport } from './run-to-report.ts';
import { isStillServed } from './still-served.ts';
import { difference, findUnfinished, giveUp, goOn, remember, whyUnlisted } from './unfinished.ts';
import { withHooks } from './with-hooks.ts';

/** What a batch says of a copy that is part of it. */
export interface AsPart {
  readonly batch?: TransferRecord['batch'];
  /** It waits for no turn among the transfers. @default false */
  readonly atOnce?: boolean;
  /** Called once it works. */
  readonly onRun?: (run: Run) => void;
}

/**
 * Looks at the source, goes on with what an earlier process left of the same transfer or begins
 * one, and works until it has ended.
 */
export async function copy(
  home: Home,
  request: CopyRequest,
  signal: AbortSignal,
  { batch, atOnce = false, onRun }: AsPart = {},
): Promise<CopyReport> {
  checkRequest(request);
  const options = completeOptions(request.options);
  await using first = await lookOrNotify(home, request, options, { signal, atOnce }, batch);
  const { destination, run } = first;
  onRun?.(run);
  first.makeFolder?.();
  await using _lock = await home.locks.acquire(destination);
  const startedAt = home.clock.now();
  const transferId = await begin(home, { ...request, ...stated({ batch }) }, options, first, signal);
  return await runToReport(home, run, transferId, startedAt, signal);
}

/** Without a look there is no transfer whose end could be reported. */
async function lookOrNotify(
  home: Home,
  request: CopyRequest,
  options: TransferOptions,
  how: Parameters<typeof lookAt>[3],
  batch: TransferRecord['batch'],
): Promise<FirstLook> {
  try {
    return await lookAt(home, request, options, how);
  } catch (thrown) {
    const { source, notify: webhook } = request;
    const reason = toErrorRecord(asPieceworkError(thrown));
    if (batch === undefined && !how.signal.aborted)
      await home.notifications.sendUnbegun({ transferId: home.ids.ulid(), source, webhook, reason });
    throw thrown;
  }
}

/** Goes on with an unfinished transfer of the same source, else starts a new one; returns its id. */
async function begin(
  home: Home,
  request: CopyRequest & Pick<TransferRecord, 'batch'>,
  options: TransferOptions,
  first: FirstLook,
  signal: AbortSignal,
): Promise<string> {
  const { run, destination, probe } = first;
  const { ports } = run;
  const key = home.locks.key(destination);
  const { source, object = {}, batch, notify } = request;
  const hooks = notify === undefined ? {} : { hooks: { webhook: notify } };
  const { isResumable } = home.destinations.kind(destination.kind);
  const unfinished = isResumable ? await findUnfinished(ports, key, signal) : undefined;
  if (unfinished !== undefined) {
    // Before it has a plan nothing was made by what was asked then, so all that is asked now takes its place.
    const isPlanned = unfinished.snapshot !== undefined;
    const asked = isPlanned
      ? requestNow(unfinished.request, request)
      : toRequest({ source, destination, object, options });
    const because = isPlanned ? await whyNot(unfinished, request, asked, first, signal) : undefined;
    if (because === undefined) {
      const message = isPlanned ? leftAsItIs(unfinished, request) : undefined;
      if (message !== undefined) await ports.events.emit({ type: 'warning', message });
      await goOn(ports, unfinished, source, await withHooks(ports, unfinished, asked, hooks), signal);
      return unfinished.id;
    }
    const { snapshot } = unfinished;
    if (request.restart !== true && isPageInstead(snapshot?.contentType, probe.snapshot.contentType)) {
      throw pageInstead(probe.finalUrl, snapshot?.contentType, probe.snapshot.contentType);
    }
    await giveUp(ports, unfinished, because, signal);
  }
  const id = ports.ids.ulid();
  if (isResumable) await remember(ports, key, id);
  await submit(ports, { id, source, destination, object, options, owner: 'local', ...hooks, ...stated({ batch }) });
  return id;
}

/** Why what has a plan is not gone on with. */
async function whyNot(
  unfinished: TransferRecord,
  request: CopyRequest,
  asked: TransferRequest,
  { run: { ports }, destination, probe }: FirstLook,
  signal: AbortSignal,
): Promise<string | undefined> {
  if (request.restart === true) return 'a restart was asked for';
  const { snapshot: planned } = unfinished;
  const { snapshot: seen } = probe;
  const changed = difference(unfinished, seen);
  if (changed !== undefined && planned !== undefined) {
    if (!(await isStillServed(ports, request.source, { planned, seen }, signal))) return changed;
  }
  return (
    whyStartAnew(unfinished, asked, ports.destinations(destination)) ?? (await whyUnlisted(ports, unfinished, signal))
  );
}
