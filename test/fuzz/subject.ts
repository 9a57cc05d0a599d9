import type fc from 'fast-check';
import { PieceworkError } from '../../lib/errors/error.ts';

/** Something that reads what comes from outside. */
export interface Subject<T = unknown> {
  readonly name: string;
  /** Of a run's inputs this one gets so many, in proportion to the others. @default 1 */
  readonly weight?: number;
  /** As many as one world (of `begin`) can stand. @default 5,000 */
  readonly batch?: number;
  readonly inputs: fc.Arbitrary<T>;
  /**
   * Made anew for each batch; returns the check of one input, which throws where something is wrong. `cleanup` ends
   * with the batch.
   */
  begin(cleanup: DisposableStack): (input: T) => unknown;
}

/** The type of an input matters to its own subject alone. */
export function subject<T>(given: Subject<T>): Subject {
  return given as unknown as Subject;
}

/** Runs it; only our own errors may come of it, and none that calls itself a defect. */
export function refusing<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    if (isAnswer(error)) return undefined;
    throw error;
  }
}

export async function refusingLater<T>(read: () => Promise<T>): Promise<T | undefined> {
  try {
    return await read();
  } catch (error) {
    if (isAnswer(error)) return undefined;
    throw error;
  }
}

/** A `PieceworkError`, or a fault of a connection that becomes one (`lib/net/errors/fault.ts`). */
function isAnswer(error: unknown): boolean {
  if (error instanceof PieceworkError) return error.code !== 'Internal';
  return error instanceof Error && /^[A-Z]+_[A-Z_]+$/.test(String((error as { code?: unknown }).code ?? ''));
}
