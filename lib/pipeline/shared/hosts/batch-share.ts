/** A batch among those who share a host has a name that no transfer has. */
const PREFIX = 'batch-';

export function sharerOf(batchId: string): string {
  return `${PREFIX}${batchId}`;
}

/** `undefined` = the sharer is a transfer. */
export function batchSharing(sharer: string): string | undefined {
  return sharer.startsWith(PREFIX) ? sharer.slice(PREFIX.length) : undefined;
}
