import { PerformanceObserver } from 'node:perf_hooks';
import { getHeapSpaceStatistics, setFlagsFromString } from 'node:v8';

const ENOUGH_BYTES = 4 * 1024 ** 2;

/**
 * `bin/piecework.js` keeps V8's young generation as small as it begins, which is right for bodies. Thousands of small
 * entries are another matter: what they leave is not dead yet at each of so many collections, and is copied. A few MiB
 * take a quarter off their CPU; more takes memory, and no more time.
 */
export function growYoungGeneration(): void {
  setFlagsFromString('--semi-space-growth-factor=2');
  const observer = new PerformanceObserver(() => {
    const young = getHeapSpaceStatistics().find(({ space_name: name }) => name === 'new_space');
    if (young !== undefined && young.space_size < ENOUGH_BYTES) return;
    setFlagsFromString('--semi-space-growth-factor=1');
    observer.disconnect();
  });
  observer.observe({ entryTypes: ['gc'] });
}
