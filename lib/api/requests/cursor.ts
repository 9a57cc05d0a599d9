import { PieceworkError } from '../../errors/error.ts';
import type { OutcomePlace } from '../../pipeline/requests/batches/outcomes-page.ts';

/* Opaque to clients, so that they may come to mean something else. */

export function toCursor(before: string): string {
  return encoded({ v: 1, before });
}

/** @throws PieceworkError `InvalidOption`. */
export function fromCursor(cursor: string): string {
  const [, before] = /^\{"v":1,"before":"([0-9A-HJKMNP-TV-Z]{26})"\}$/.exec(decoded(cursor)) ?? [];
  if (before === undefined) throw noCursor();
  return before;
}

export function toOutcomeCursor({ shard, entry }: OutcomePlace): string {
  return encoded({ v: 1, shard, entry });
}

/** @throws PieceworkError `InvalidOption`. */
export function fromOutcomeCursor(cursor: string): OutcomePlace {
  const [, shard, entry] = /^\{"v":1,"shard":(\d{1,9}),"entry":(\d{1,12})\}$/.exec(decoded(cursor)) ?? [];
  if (shard === undefined || Number(shard) < 1) throw noCursor();
  return { shard: Number(shard), entry: Number(entry) };
}

function encoded(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}

function decoded(cursor: string): string {
  return Buffer.from(cursor, 'base64url').toString('latin1');
}

function noCursor(): PieceworkError {
  return new PieceworkError('InvalidOption', 'cursor is none that this API gave; begin without one');
}
