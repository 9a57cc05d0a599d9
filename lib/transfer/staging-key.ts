/** Where an object waits for the proof of a digest: beside its own key, under the id of its transfer, a ULID. */
export function stagingKey(key: string, transferId: string): string {
  return `${key}.piecework-${transferId}`;
}

/**
 * No transfer may have such a key as its destination: it would write over what another one has proved, or have its own
 * object deleted as something left over. Some stores take keys without regard to case.
 */
export function isStagingKey(key: string): boolean {
  return /\.piecework-[0-9A-HJKMNP-TV-Z]{26}$/i.test(key);
}
