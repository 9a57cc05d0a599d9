import type { Probe } from '../../../sources/source.ts';
import { bytesPerSecond, paceWarnings } from '../../../transfer/plan/pace.ts';
import type { TransferRecord } from '../../../transfer/record/record.ts';
import { fromIso } from '../../../values/time.ts';
import { knownPace, readHost } from '../../shared/hosts/entry.ts';
import type { Ports } from '../../shared/ports.ts';
import type { Choice } from '../choose-plan.ts';

/** Enough to tell a slow connection from a fast one. */
const LOOK_BYTES = 4 * 1024 ** 2;
/** What was on its way already, and what came while the connection was new, is not counted. */
const FIRST_BYTES = 256 * 1024;
const LOOK_MS = 3_000;

/**
 * What one connection gives, in bytes per second: the least of what the probe's own bytes show, what pieces of this
 * host showed lately, and what a worker of this transfer saw. `undefined` = nothing shows it, or
 * workers live as long as it takes. The probe's body is read.
 */
export async function measurePace(
  ports: Ports,
  record: TransferRecord,
  probe: Probe,
  signal: AbortSignal,
): Promise<number | undefined> {
  if (ports.policy.pieceLifeMs === undefined) return undefined;
  const learned = knownPace((await readHost(ports, record.request.source.url))?.value, ports.clock.now());
  const known = [learned, record.bytesPerSecond, await paceOf(ports, probe, signal)].filter((one) => one !== undefined);
  return known.length === 0 ? undefined : Math.min(...known);
}

/** What the body of a probe shows of its connection, in bytes per second; up to 4 MiB of it are read, or 3 s. */
export async function paceOf(
  { windows, clock }: Pick<Ports, 'windows' | 'clock'>,
  { body }: Probe,
  signal: AbortSignal,
): Promise<number | undefined> {
  using window = await windows.borrow(signal);
  const into = window.bytes.subarray(0, FIRST_BYTES);
  const startedAt = clock.now();
  let first = { bytes: 0, elapsedMs: 0 };
  let bytes = 0;
  let elapsedMs = 0;
  try {
    while (bytes < LOOK_BYTES && elapsedMs < LOOK_MS) {
      const got = await body.read(into);
      if (got === 0) break;
      bytes += got;
      elapsedMs = clock.now() - startedAt;
      if (bytes <= FIRST_BYTES && elapsedMs < LOOK_MS / 2) first = { bytes, elapsedMs };
    }
  } catch {
    // It is only a look: the pieces meet what is wrong with the source, and have a budget for it.
    signal.throwIfAborted();
    return undefined;
  }
  if (bytes === 0) return undefined;
  const later = { bytes: bytes - first.bytes, elapsedMs: elapsedMs - first.elapsedMs };
  return bytesPerSecond(later.bytes === 0 ? { bytes, elapsedMs } : later);
}

/** What can't be done in time, said when it is planned. */
export function slowWarnings({ policy, clock }: Ports, record: TransferRecord, choice: Choice): readonly string[] {
  const { plan, bytesPerSecond: speed } = choice;
  if (plan.mode !== 'pieces' || speed === undefined || policy.pieceLifeMs === undefined) return [];
  const { parallelism } = record.request.options;
  const places = Math.min(policy.places(parallelism), policy.hostCeiling ?? parallelism);
  const leftMs = fromIso(record.deadlineAt) - clock.now();
  return paceWarnings(plan, speed, { lifeMs: policy.pieceLifeMs, places, leftMs });
}
