import { median } from '../../values/median.ts';
import type { Instant } from '../../values/time.ts';
import { mayBeLimit } from '../denial.ts';
import { bytesPerSecond } from '../plan/pace.ts';
import type { TransferRecord } from '../record/record.ts';
import { attemptOf } from '../record/record.ts';
import type { Input } from './decision.ts';

/**
 * How many connections a host bears, learned from its refusals: additive increase, multiplicative decrease, as TCP
 * finds its rate (Chiu and Jain 1989). Pure; what was learned stands in `hosts/{host}.json`.
 *
 * - 429 and 503 halve it; a connection that was cut off takes one away, for that may have been the network.
 * - A host that counts connections (FTP's 421 and 530) bears as many as were open when it
 *   refused one more: no need to guess.
 * - Where the last step was one up and that one was refused, the step is taken back, and the
 *   next try is twice as far away.
 * - One more is tried after `patience` pieces came without a refusal.
 */
export interface Ceiling {
  readonly connections: number;
  readonly since: Instant;
  /** Pieces that must come at this number before one more connection is tried. */
  readonly patience: number;
  /** The last step was one up. */
  readonly crept: boolean;
}

/** What a batch of results says of the host. */
export interface HostSigns {
  /** 429, 503, a 403 that may be a limit, and what other schemes say in their place. */
  readonly busy: number;
  /** Connections that stood when the host refused one more; 0 = not known, or not all of them are ours. */
  readonly borne: number;
  /** Connections cut off before the end of their piece. */
  readonly cut: number;
  /** Of each piece that came. */
  readonly doneMs: readonly number[];
  /** Connections that are wanted altogether: more than that are never tried. */
  readonly wanted: number;
  readonly now: Instant;
}

/** One refusal in so many requests at the most: 1.6 %, and half of that after each further one. */
const FIRST_PATIENCE = 64;
const LAST_PATIENCE = 4096;
/** Refusals of what was already on its way at the last step don't count again. */
const SETTLE_MS = 2_000;
/** What a host bore yesterday says nothing of today. */
const REMEMBERED_MS = 86_400_000;

/** `before` itself when nothing changes; `undefined` as long as there is nothing to know. */
export function ceilingAfter(before: Ceiling | undefined, signs: HostSigns): Ceiling | undefined {
  const { now, wanted } = signs;
  if (signs.busy + signs.cut > 0) {
    return isEcho(before, signs) ? before : stepDown(before, signs);
  }
  if (before === undefined || signs.doneMs.length === 0 || before.connections >= wanted) return before;
  const pieceMs = signs.doneMs.reduce((sum, ms) => sum + ms, 0) / signs.doneMs.length;
  const waitMs = Math.max(SETTLE_MS, (before.patience * pieceMs) / before.connections);
  if (now < before.since + waitMs) return before;
  return { ...before, connections: before.connections + 1, since: now, crept: true };
}

function isEcho(before: Ceiling | undefined, { borne, now }: HostSigns): boolean {
  if (before === undefined || before.crept) return false;
  return borne > 0 ? borne >= before.connections : now < before.since + SETTLE_MS;
}

function stepDown(before: Ceiling | undefined, { busy, borne, wanted, now }: HostSigns): Ceiling {
  const connections = Math.min(before?.connections ?? wanted, wanted);
  const patience = before?.patience ?? FIRST_PATIENCE;
  if (before?.crept === true) {
    return {
      connections: atLeastOne(connections - 1),
      since: now,
      patience: Math.min(2 * patience, LAST_PATIENCE),
      crept: false,
    };
  }
  const fewer = borne > 0 ? Math.min(borne, connections) : busy > 0 ? connections / 2 : connections - 1;
  return { connections: atLeastOne(fewer), since: now, patience, crept: false };
}

function atLeastOne(connections: number): number {
  return Math.max(1, Math.floor(connections));
}

/** Whether a ceiling that was learned earlier still stands. */
export function isRemembered(since: Instant, now: Instant): boolean {
  return now < since + REMEMBERED_MS;
}

export function firstCeiling(connections: number, since: Instant): Ceiling {
  return { connections, since, patience: FIRST_PATIENCE, crept: false };
}

/** Under a ceiling that is not shared: all that is wanted where it reaches for the transfer's workers. */
export function placesUnder(ceiling: number | undefined, parallelism: number, wanted: number): number {
  return ceiling === undefined || ceiling >= parallelism ? wanted : Math.min(wanted, Math.max(1, ceiling));
}

/**
 * Only results that are current count: a message that comes twice is no second refusal. A piece that was merely
 * put off never reached the host.
 */
export function hostSigns(record: TransferRecord, inputs: readonly Input[], wanted: number, now: Instant): HostSigns {
  const doneMs: number[] = [];
  let busy = 0;
  let cut = 0;
  let borne = 0;
  for (const input of inputs) {
    if (
      input.kind !== 'result' ||
      input.planId !== record.planId ||
      input.attempt !== attemptOf(record, input.pieceNumber)
    )
      continue;
    if (input.outcome === 'done') doneMs.push(input.elapsedMs);
    else if (input.error?.code === 'SourceBusy' && input.error.details?.postponed !== true) {
      busy += 1;
      borne = Math.max(borne, input.error.details?.openConnections ?? 0);
    } else if (input.error !== undefined && mayBeLimit(input.error)) busy += 1;
    else if (input.error?.code === 'SourceReset') cut += 1;
  }
  return { busy, borne, cut, doneMs, wanted, now };
}

/** What is smaller shows how long an answer takes, and not how fast its bytes come. */
const TELLING_BYTES = 1024 ** 2;

/** What one connection gave the pieces of these results, in bytes per second; `undefined` = they do not show it. */
export function paceSeen(record: TransferRecord, inputs: readonly Input[]): number | undefined {
  const seen: number[] = [];
  for (const input of inputs) {
    if (input.kind !== 'result' || input.planId !== record.planId) continue;
    const { bytesPerSecond: reported } = input.error?.details ?? {};
    if (input.outcome === 'done' && input.elapsedMs > 0 && input.bytes >= TELLING_BYTES)
      seen.push(bytesPerSecond(input));
    else if (input.error?.code === 'PieceTooSlow' && typeof reported === 'number') seen.push(reported);
  }
  return seen.length === 0 ? undefined : Math.max(1, median(seen));
}
