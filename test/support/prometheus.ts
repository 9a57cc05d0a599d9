/** One metric as it is exposed. */
export interface Exposed {
  readonly type: string;
  readonly help: string;
  /** By labels, as they are written: `{status="running"}`; '' = none. */
  readonly values: ReadonlyMap<string, number>;
}

const NAME = '[a-zA-Z_:][a-zA-Z0-9_:]*';
const LABEL = '[a-zA-Z_][a-zA-Z0-9_]*="(?:[^"\\\\\\n]|\\\\["\\\\n])*"';
const SAMPLE = new RegExp(`^(${NAME})(\\{${LABEL}(?:,${LABEL})*\\})? (\\S+)$`);

interface Reading {
  type: string;
  help: string;
  readonly values: Map<string, number>;
}

/**
 * Prometheus' text format, strictly: each sample belongs to the metric that was described before it, and no sample
 * comes twice. https://prometheus.io/docs/instrumenting/exposition_formats/
 * @throws Error at the first line that is wrong.
 */
export function parseExposition(text: string): ReadonlyMap<string, Exposed> {
  if (!text.endsWith('\n')) throw new Error('the last line does not end');
  const all = new Map<string, Reading>();
  let name = '';
  for (const line of text.split('\n').filter((one) => one !== '')) {
    const described = new RegExp(`^# HELP (${NAME}) (.*)$`).exec(line);
    if (described !== null) {
      name = described[1] ?? '';
      if (all.has(name)) throw new Error(`described twice: ${name}`);
      all.set(name, { type: '', help: described[2] ?? '', values: new Map() });
    } else readLine(line, name, all.get(name));
  }
  return all;
}

function readLine(line: string, name: string, metric: Reading | undefined): void {
  const [, typed, type = ''] = new RegExp(`^# TYPE (${NAME}) (counter|gauge|histogram|summary)$`).exec(line) ?? [];
  const [, sampled = '', labels = '', number = ''] = SAMPLE.exec(line) ?? [];
  if (metric === undefined || (typed !== name && sampled === '')) throw new Error(`no line of the format: ${line}`);
  if (typed === name) metric.type = type;
  else {
    const value = number === '+Inf' ? Number.POSITIVE_INFINITY : Number(number);
    const isOwn = sampled === name || (metric.type === 'histogram' && sampled.startsWith(`${name}_`));
    const key = sampled === name ? labels : `${sampled}${labels}`;
    if (!isOwn || Number.isNaN(value) || metric.values.has(key)) throw new Error(`a wrong sample: ${line}`);
    metric.values.set(key, value);
  }
}
