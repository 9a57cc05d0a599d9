import type { DestinationLocator } from '../locators.ts';

/** Where the entry of this name goes in a batch whose names follow a prefix. @param place the prefix, as a locator */
export function placeUnder(place: DestinationLocator, name: string): DestinationLocator {
  return { ...place, key: `${String(place['key'] ?? '')}${name}` };
}

/** Under the destination, where nothing else was asked for. The functions may read reports by this name alone. */
export function reportName(batchId: string): string {
  return `piecework-report-${batchId}.jsonl`;
}
