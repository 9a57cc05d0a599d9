import type { Instant } from '../../values/time.ts';

/*
 * Embedded Metric Format: a log line that CloudWatch reads numbers from.
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
 */

export type MetricUnit = 'Count' | 'Bytes' | 'Milliseconds';

/** One metric with its dimensions, and what was measured of it. */
export interface Series {
  readonly name: string;
  readonly unit: MetricUnit;
  readonly dimensions: Readonly<Record<string, string>>;
  readonly values: number[];
}

const MOST_VALUES = 100;
const MOST_METRICS = 100;

/** One line per set of dimensions; more where one would hold more than CloudWatch reads. */
export function emfLines(namespace: string, all: readonly Series[], at: Instant): readonly string[] {
  const bySet = Map.groupBy(all.flatMap(inParts), ({ part, dimensions }) => `${part} ${JSON.stringify(dimensions)}`);
  return [...bySet.values()].flatMap((group) => {
    const lines: string[] = [];
    for (let from = 0; from < group.length; from += MOST_METRICS)
      lines.push(line(namespace, group.slice(from, from + MOST_METRICS), at));
    return lines;
  });
}

function line(namespace: string, group: readonly Series[], at: Instant): string {
  const dimensions = group[0]?.dimensions ?? {};
  return JSON.stringify({
    _aws: {
      Timestamp: at,
      CloudWatchMetrics: [
        {
          Namespace: namespace,
          Dimensions: [Object.keys(dimensions)],
          Metrics: group.map(({ name, unit }) => ({ Name: name, Unit: unit })),
        },
      ],
    },
    ...dimensions,
    ...Object.fromEntries(group.map(({ name, values }) => [name, values.length === 1 ? values[0] : values])),
  });
}

function inParts(series: Series): (Series & { readonly part: number })[] {
  const parts: (Series & { part: number })[] = [];
  for (let from = 0; from < series.values.length; from += MOST_VALUES) {
    parts.push({ ...series, values: series.values.slice(from, from + MOST_VALUES), part: parts.length });
  }
  return parts;
}
