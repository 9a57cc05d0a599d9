import { Counter, collectDefaultMetrics, Gauge, Registry } from 'prom-client';
import type { Moment } from './measures.ts';
import { MEASURES } from './measures.ts';

/** The metrics as text, in the format that Prometheus scrapes. */
export interface Exposition {
  readonly contentType: string;
  text(moment: Moment): Promise<string>;
}

/**
 * What is left out of the usual metrics of Node. Those of the event loop's delay need a timer that wakes an idle
 * process a hundred times a second; the processor's time would be that since the first scrape, and is ours instead.
 * https://nodejs.org/api/perf_hooks.html#perf_hooksmonitoreventloopdelayoptions
 */
const LEFT_OUT = /^(nodejs_eventloop_lag_(min|max|mean|stddev|p\d+)_seconds|process_cpu_.*)$/;
const SELDOM_MS = 3_600_000;

export function exposition(): Exposition {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry, eventLoopMonitoringPrecision: SELDOM_MS });
  for (const { name } of registry.getMetricsAsArray()) if (LEFT_OUT.test(name)) registry.removeSingleMetric(name);
  const setters = MEASURES.map(({ name, help, kind, labels = [], samples }) => {
    const described = { name, help, labelNames: [...labels], registers: [registry] };
    if (kind === 'gauge') {
      const metric = new Gauge(described);
      return (moment: Moment) => {
        metric.reset();
        for (const sample of samples(moment)) metric.set(sample.labels ?? {}, sample.value);
      };
    }
    const metric = new Counter(described);
    return (moment: Moment) => {
      metric.reset();
      for (const sample of samples(moment)) metric.inc(sample.labels ?? {}, sample.value);
    };
  });
  return {
    contentType: registry.contentType,
    async text(moment) {
      for (const set of setters) set(moment);
      return await registry.metrics();
    },
  };
}
