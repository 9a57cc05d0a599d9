import { probePatiently } from '../../pipeline/plan/probe-patiently.ts';
import { toRequest } from '../../pipeline/requests/submit.ts';
import { checkExpectations } from '../../pipeline/shared/object/object-spec.ts';
import { checkEnd } from '../../pipeline/shared/object/proved-end.ts';
import type { Probe } from '../../sources/source.ts';
import type { DestinationLocator } from '../../transfer/locators.ts';
import { checkPieceSize } from '../../transfer/plan/divide-pieces.ts';
import type { TransferOptions } from '../../transfer/request.ts';
import type { CopyRequest } from '../api.ts';
import { needsOf } from '../engine/engine.ts';
import type { Run } from '../engine/run.ts';
import type { Home } from '../home/home.ts';

/** The first contact, before anything is written: it says what the file is called, and whether it is still the same. */
export interface FirstLook extends AsyncDisposable {
  readonly probe: Probe;
  readonly destination: DestinationLocator;
  /** Of what was written: to be called before anything is there. */
  readonly makeFolder?: () => void;
  readonly run: Run;
}

/** Waits until it is the transfer's turn to run, unless it is to begin at once, then looks. */
export async function lookAt(
  home: Home,
  request: CopyRequest,
  options: TransferOptions,
  { signal, atOnce }: { readonly signal: AbortSignal; readonly atOnce: boolean },
): Promise<FirstLook> {
  const written = home.destinations.parse(request.destination ?? '.');
  const needs = needsOf(written.locate('name'), options, request.source.url);
  const run = atOnce ? await home.engine.open(needs) : await home.engine.openInTurn(needs, signal);
  try {
    const { singleMaxBytes } = run.ports.policy.plan;
    const probe = await probePatiently(run.ports, request.source, singleMaxBytes, options, signal);
    run.prime(request.source, singleMaxBytes, probe);
    const destination = written.locate(probe.snapshot.name ?? 'download');
    const asked = toRequest({ source: request.source, destination, object: {}, options });
    checkExpectations(asked, probe.snapshot);
    checkEnd(asked, probe.snapshot);
    const { pieceSizeBytes } = options;
    if (pieceSizeBytes !== undefined)
      checkPieceSize(pieceSizeBytes, probe.snapshot.sizeBytes, run.ports.destinations(destination).limits);
    const { makeFolder } = written;
    return {
      probe,
      destination,
      run,
      ...(makeFolder === undefined ? {} : { makeFolder }),
      [Symbol.asyncDispose]: () => run[Symbol.asyncDispose](),
    };
  } catch (error) {
    await run[Symbol.asyncDispose]();
    throw error;
  }
}
