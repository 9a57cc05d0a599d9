import type { WrittenDestination } from '../../destinations/kind.ts';
import type { Patience } from '../../pipeline/plan/probe-patiently.ts';
import { probePatiently } from '../../pipeline/plan/probe-patiently.ts';
import { toRequest } from '../../pipeline/requests/submit.ts';
import { checkExpectations } from '../../pipeline/shared/object/object-spec.ts';
import { checkEnd } from '../../pipeline/shared/object/proved-end.ts';
import type { Probe } from '../../sources/source.ts';
import type { DestinationLocator, SourceLocator } from '../../transfer/locators.ts';
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

/** What is looked at. */
export interface Looked {
  readonly source: SourceLocator;
  readonly written: Pick<WrittenDestination, 'locate' | 'makeFolder'>;
  readonly options: TransferOptions;
  /** @default that of the options */
  readonly patience?: Patience;
}

/** Waits until it is the transfer's turn to run, unless it is to begin at once, then looks. */
export async function lookAt(
  home: Home,
  { source, destination = '.' }: Pick<CopyRequest, 'source' | 'destination'>,
  options: TransferOptions,
  { signal, atOnce }: { readonly signal: AbortSignal; readonly atOnce: boolean },
): Promise<FirstLook> {
  const written = home.destinations.parse(destination);
  const needs = needsOf(written.locate('name'), options, source.url);
  const run = atOnce ? await home.engine.open(needs) : await home.engine.openInTurn(needs, signal);
  return await lookIn(run, { source, written, options }, signal);
}

/** Looks at once. The run is disposed of with what is returned, and where nothing is. */
export async function lookIn(
  run: Run,
  { source, written, options, patience = options }: Looked,
  signal: AbortSignal,
): Promise<FirstLook> {
  try {
    const { singleMaxBytes } = run.ports.policy.plan;
    const probe = await probePatiently(run.ports, source, singleMaxBytes, patience, signal);
    run.prime(source, singleMaxBytes, probe);
    const destination = written.locate(probe.snapshot.name ?? 'download');
    const asked = toRequest({ source, destination, object: {}, options });
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
