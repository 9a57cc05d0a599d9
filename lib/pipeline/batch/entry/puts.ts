import { PieceworkError } from '../../../errors/error.ts';
import type { BatchPorts } from '../batch-ports.ts';

/** By which the put of an entry is known as the same, also after a crash. */
export function putToken(batchId: string, entry: number): string {
  return `${batchId}.${entry}`;
}

/**
 * Removes what is left of puts of these entries that a dead process was at. What can't be removed hinders nothing: a
 * put of the same entry takes its place.
 */
export async function discardPuts(
  { destination, locate }: Pick<BatchPorts, 'destination' | 'locate'>,
  batchId: string,
  entries: readonly { readonly number: number; readonly name: string }[],
  signal: AbortSignal,
): Promise<void> {
  const puts = entries.map(({ number, name }) => ({ target: locate(name), token: putToken(batchId, number) }));
  try {
    await destination.discardPuts?.(puts, { signal });
  } catch (error) {
    signal.throwIfAborted();
    if (!(error instanceof PieceworkError)) throw error;
  }
}
