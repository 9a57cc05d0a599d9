import { execFile } from 'node:child_process';
import { join } from 'node:path';
import type { CompositeAlarm, MetricAlarm } from '@aws-sdk/client-cloudwatch';
import {
  CloudWatchClient,
  DescribeAlarmsCommand,
  PutMetricAlarmCommand,
  SetAlarmStateCommand,
} from '@aws-sdk/client-cloudwatch';
import type { Pipeline } from '../e2e/pipeline.ts';
import { clientOf } from '../e2e/pipeline.ts';
import type { Cloud } from '../e2e/stand-in.ts';
import type { Origin } from '../support/origin.ts';
import { Gauges } from './gauges.ts';
import { until } from './waiting.ts';

const COMMAND = join(import.meta.dirname, '..', '..', 'bin', 'piecework.js');

interface Said {
  readonly exit: number;
  readonly text: string;
}

/** Streams at the same time: as few as an event source may be bound to. */
export const STREAM_WORKERS = 2;

/** A deployed stack, its alarms, a source, and an operator at a keyboard. */
export class Scene {
  readonly cloud: Cloud;
  readonly stack: string;
  readonly pipeline: Pipeline;
  readonly origin: Origin;
  readonly gauges: Gauges;
  /** What the operator has typed since the last case began. */
  readonly typed: string[] = [];
  #alarms: readonly MetricAlarm[] = [];
  #groups: readonly CompositeAlarm[] = [];

  constructor(cloud: Cloud, stack: string, pipeline: Pipeline, origin: Origin) {
    this.cloud = cloud;
    this.stack = stack;
    this.pipeline = pipeline;
    this.origin = origin;
    this.gauges = new Gauges(pipeline, stack);
  }

  async loadAlarms(): Promise<void> {
    const client = new CloudWatchClient(clientOf(this.cloud));
    const asked = new DescribeAlarmsCommand({ AlarmTypes: ['MetricAlarm', 'CompositeAlarm'] });
    const { MetricAlarms = [], CompositeAlarms = [] } = await client.send(asked);
    this.#alarms = MetricAlarms;
    this.#groups = CompositeAlarms;
    client.destroy();
  }

  /** The description of the group that comes on with an alarm and makes its call. `undefined` = it calls by itself. */
  async groupOf({ AlarmName, AlarmArn = '' }: MetricAlarm): Promise<string | undefined> {
    const group = this.#groups.find(({ AlarmRule = '' }) => AlarmRule.includes(`"${AlarmArn}"`));
    if (group === undefined) return undefined;
    const client = new CloudWatchClient(clientOf(this.cloud));
    // The stand-in watches no metrics, and does watch what groups are made of.
    const turn = (StateValue: 'ALARM' | 'OK') =>
      client.send(new SetAlarmStateCommand({ AlarmName, StateValue, StateReason: 'a rehearsal' }));
    const isOn = async () => {
      await this.loadAlarms();
      return this.#groups.find((one) => one.AlarmName === group.AlarmName)?.StateValue === 'ALARM';
    };
    await turn('ALARM');
    await until(`${group.AlarmName} is on`, isOn);
    await turn('OK');
    await until(`${group.AlarmName} is off`, async () => !(await isOn()));
    client.destroy();
    return group.AlarmDescription;
  }

  /** Those of a heading of the runbook, as they are deployed. */
  alarmsOf(heading: string): readonly MetricAlarm[] {
    const anchor = `#${heading.toLowerCase().replaceAll(' ', '-')}`;
    const found = this.#alarms.filter(({ AlarmDescription = '' }) => AlarmDescription.endsWith(anchor));
    if (found.length === 0) throw new Error(`the stack has no alarm of "${heading}"`);
    return found;
  }

  /** For an alarm that waits for hours: the same with a threshold that comes sooner. */
  async changeThreshold(heading: string, Threshold: number): Promise<void> {
    const client = new CloudWatchClient(clientOf(this.cloud));
    for (const alarm of this.alarmsOf(heading)) {
      const { AlarmName, AlarmDescription, Namespace, MetricName, Dimensions, Statistic, Period } = alarm;
      const { EvaluationPeriods, ComparisonOperator, TreatMissingData } = alarm;
      const same = { AlarmName, AlarmDescription, Namespace, MetricName, Dimensions, Statistic, Period };
      await client.send(
        new PutMetricAlarmCommand({ ...same, EvaluationPeriods, ComparisonOperator, TreatMissingData, Threshold }),
      );
    }
    client.destroy();
    await this.loadAlarms();
  }

  /** Types `piecework …` and reads what is printed. */
  async type(...words: readonly string[]): Promise<Said> {
    // The name in a stack's output does not resolve here.
    const home = words[0] === 'ops' ? ['--stack', this.stack] : ['--api', this.pipeline.base];
    const args = [...words, ...home];
    this.typed.push(`piecework ${words.join(' ')}`);
    const env = { PATH: process.env['PATH'], HOME: process.env['HOME'], ...this.cloud.env };
    return await new Promise((resolve) => {
      execFile(process.execPath, [COMMAND, ...args], { env }, (error, stdout, stderr) =>
        resolve({ exit: error === null ? 0 : Number(error.code), text: stdout + stderr }),
      );
    });
  }
}
