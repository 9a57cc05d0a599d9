import type { MetricAlarm } from '@aws-sdk/client-cloudwatch';
import { GetQueueAttributesCommand } from '@aws-sdk/client-sqs';
import type { Pipeline } from '../e2e/pipeline.ts';

/** One value of a metric in a line of Embedded Metric Format. */
interface Emitted {
  readonly at: number;
  readonly value: number;
}

/**
 * What an alarm's metric is made of: the stand-in has no metrics of queues and makes none of log lines, so the number
 * of messages is asked of the queue, and our own metrics are read from the very lines that CloudWatch makes them of.
 */
export class Gauges {
  readonly #pipeline: Pipeline;
  readonly #stack: string;

  /** Since when each queue has had a message, as far as it was looked at: of a single one, its age. */
  readonly #filledSince = new Map<string, number>();

  readonly #answers: { readonly at: number; readonly status: number }[] = [];

  constructor(pipeline: Pipeline, stack: string) {
    this.#pipeline = pipeline;
    this.#stack = stack;
  }

  /** Of the metric as its alarm reads it, from `since` on. @throws Error where nothing here makes that metric */
  async read(alarm: MetricAlarm, since: number): Promise<number> {
    const { Namespace, MetricName = '', Statistic } = alarm;
    if (Namespace === 'Piecework') {
      const emitted = await this.#emitted(alarm, since);
      if (Statistic === 'SampleCount') return emitted.length;
      const values = emitted.map(({ value }) => value);
      return Statistic === 'Maximum' ? Math.max(0, ...values) : values.reduce((sum, value) => sum + value, 0);
    }
    if (Namespace === 'AWS/SQS' && MetricName === 'ApproximateNumberOfMessagesVisible')
      return Number((await this.#queue(alarm)).attributes.ApproximateNumberOfMessages);
    if (Namespace === 'AWS/SQS' && MetricName === 'ApproximateAgeOfOldestMessage') return await this.#age(alarm);
    if (Namespace === 'AWS/ApiGateway' && MetricName === '5XXError')
      return this.#answers.filter(({ at, status }) => at >= since && status >= 500).length;
    throw new Error(`a stand-in has no metric ${Namespace}/${MetricName}`);
  }

  /** An answer of the API, as API Gateway counts them. */
  answered(status: number): void {
    this.#answers.push({ at: Date.now(), status });
  }

  async #queue({ Dimensions = [] }: MetricAlarm) {
    const name = Dimensions.find(({ Name }) => Name === 'QueueName')?.Value ?? '';
    const QueueUrl = Object.values(this.#pipeline.outputs).find((url) => url.endsWith(`/${name}`));
    const AttributeNames = ['ApproximateNumberOfMessages', 'ApproximateNumberOfMessagesNotVisible'] as const;
    const { Attributes = {} } = await this.#pipeline.sqs.send(
      new GetQueueAttributesCommand({ QueueUrl, AttributeNames: [...AttributeNames] }),
    );
    return { name, attributes: Attributes };
  }

  /** In seconds; a message that is being worked on is as old as any other. */
  async #age(alarm: MetricAlarm): Promise<number> {
    const { name, attributes } = await this.#queue(alarm);
    const { ApproximateNumberOfMessages: waiting, ApproximateNumberOfMessagesNotVisible: inHand } = attributes;
    if (Number(waiting) + Number(inHand) === 0) this.#filledSince.delete(name);
    else if (!this.#filledSince.has(name)) this.#filledSince.set(name, Date.now());
    return Math.round((Date.now() - (this.#filledSince.get(name) ?? Date.now())) / 1000);
  }

  async #emitted({ MetricName = '', Dimensions = [] }: MetricAlarm, since: number): Promise<readonly Emitted[]> {
    const service = Dimensions.find(({ Name }) => Name === 'service')?.Value ?? '';
    const stage = service.replace('piecework-', '');
    const lines = await this.#pipeline.logOf(this.#stack, `${stage.charAt(0).toUpperCase()}${stage.slice(1)}`);
    return lines.flatMap((line) => {
      const at = (line['_aws'] as { Timestamp?: number } | undefined)?.Timestamp;
      const value = line[MetricName];
      const isOfIt = Dimensions.every(({ Name = '', Value }) => line[Name] === Value);
      if (at === undefined || at < since || value === undefined || !isOfIt) return [];
      return [value].flat().map((one) => ({ at, value: Number(one) }));
    });
  }
}

/** Would the alarm fire at this value? */
export function fires({ Threshold = Number.NaN, ComparisonOperator }: MetricAlarm, value: number): boolean {
  return ComparisonOperator === 'LessThanThreshold' ? value < Threshold : value >= Threshold;
}
