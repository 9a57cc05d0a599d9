import * as z from 'zod/mini';
import { ERROR_CODES } from '../../errors/codes.ts';
import type { Usage } from '../../transfer/cost/usage.ts';
import { USAGE_KINDS } from '../../transfer/cost/usage.ts';
import { count, id, size, version1 } from './forms.ts';

export const planTask = () => z.object({ ...version1('plan'), transferId: id() });
export const streamTask = () => z.object({ ...version1('stream'), transferId: id(), planId: id() });
export const finishTask = () => z.object({ ...version1('finish'), transferId: id() });
export const tick = () => z.object({ ...version1('tick'), transferId: id() });

export function tickSpan() {
  // A marker's path.
  const path = z.exactOptional(z.string().check(z.regex(/^active\/[A-Za-z0-9_-]{1,64}\/\d{1,9}$/)));
  return z.object({ ...version1('tick-span'), after: path, through: path, at: z.iso.datetime() });
}

export function pieceTask() {
  const load = z.object({ number: count(), connections: count(), others: pieceSet() });
  return z.object({ ...version1('piece'), ...ofPiece(), load: z.exactOptional(load) });
}

export function pieceResult() {
  return z.object({
    ...version1('result'),
    ...ofPiece(),
    outcome: z.enum(['done', 'failed']),
    bytes: size(),
    elapsedMs: size(),
    used: z.exactOptional(usage()),
    error: z.exactOptional(errorRecord()),
    ofLoad: z.exactOptional(count()),
    left: z.exactOptional(pieceSet()),
  });
}

export const deadPiece = () => z.object({ ...version1('dead'), task: pieceTask() });

export function notifyTask() {
  return z.object({
    ...version1('notify'),
    to: z.enum(['webhook', 'usual', 'task']),
    id: id(),
    // As it was made: others get all of it.
    detail: z.looseObject({ id: z.string(), at: z.string(), status: z.string() }),
    tries: z.int().check(z.minimum(0)),
    notBefore: z.exactOptional(z.string()),
  });
}

const ofPiece = () => ({ transferId: id(), planId: id(), pieceNumber: count(), attempt: count() });

function pieceSet() {
  // A store takes no more parts.
  const partNumber = count().check(z.maximum(10_000));
  return z.array(z.tuple([partNumber, partNumber])).check(z.maxLength(10_000));
}

/** What is not known of it is dropped, and what is missing counts as nothing. */
function usage() {
  const amount = z.exactOptional(size());
  return z.object(Object.fromEntries(USAGE_KINDS.map((kind) => [kind, amount])) as Record<keyof Usage, typeof amount>);
}

function errorRecord() {
  return z.object({
    code: z.enum(Object.keys(ERROR_CODES) as [keyof typeof ERROR_CODES]),
    message: z.string(),
    details: z.exactOptional(z.record(z.string(), z.union([z.string(), z.number(), z.boolean()]))),
  });
}
