import { PerformanceObserver } from 'node:perf_hooks';
import { getHeapSpaceStatistics, setFlagsFromString } from 'node:v8';

/** Of V8's young generation. */
const ENOUGH_BYTES = 4 * 1024 ** 2;
const SOON_OVER_BYTES = 4 * 1024 ** 2;

/**
 * Bodies come in as chunks that die at once: V8 would grow its young generation for them, by 60 to 150 MiB, to no gain
 * in speed. What outlives it is garbage soon as well: the old one grows to twice of what lives, not to four times.
 *
 * Called when bodies are about to come, and not at the start: Node's own modules were compiled with V8's default flags,
 * and each that is loaded after another one was set is compiled anew, which is a fifth of the CPU of a small copy.
 */
export function keepHeapSmall(): void {
  setFlagsFromString('--semi-space-growth-factor=1 --heap-growing-percent=100');
}

/** V8's own values of what `keepHeapSmall` sets. */
export function forgetHeapFlags(): void {
  setFlagsFromString('--semi-space-growth-factor=2 --heap-growing-percent=0');
}

/** So few bytes fill nothing: `keepHeapSmall` would cost more than it saves. */
export function isSoonOver(sizeBytes: number | undefined): boolean {
  return sizeBytes !== undefined && sizeBytes <= SOON_OVER_BYTES;
}

/**
 * Thousands of small entries are another matter: what they leave is not dead yet at each of so many collections, and is
 * copied. A few MiB take a quarter off their CPU; more takes memory, and no more time.
 */
export function keepHeapSmallLater(): void {
  const observer = new PerformanceObserver(() => {
    const young = getHeapSpaceStatistics().find(({ space_name: name }) => name === 'new_space');
    if (young !== undefined && young.space_size < ENOUGH_BYTES) return;
    keepHeapSmall();
    observer.disconnect();
  });
  observer.observe({ entryTypes: ['gc'] });
}
