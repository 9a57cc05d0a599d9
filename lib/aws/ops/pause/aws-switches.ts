import {
  DescribeRuleCommand,
  DisableRuleCommand,
  EnableRuleCommand,
  EventBridgeClient,
} from '@aws-sdk/client-eventbridge';
import { GetEventSourceMappingCommand, LambdaClient, UpdateEventSourceMappingCommand } from '@aws-sdk/client-lambda';
import { S3Client } from '@aws-sdk/client-s3';
import { serviceFailure } from '../../../errors/foreign.ts';
import { KEYS } from '../../../records/records.ts';
import { s3Records } from '../../../records/s3/records.ts';
import type { Deployment } from '../deployment/deployment.ts';
import { onService } from '../on-service.ts';
import type { EventSource, Switches } from './switches.ts';

/** Lambda's names for a mapping that is just being changed. */
const IN_USE = /^(ResourceInUseException|ResourceConflictException)$/;

/** The switches of a deployment, as AWS has them. */
export function awsSwitches(deployment: Deployment): Switches & Disposable {
  const lambda = new LambdaClient({});
  const events = new EventBridgeClient({});
  const s3 = new S3Client({});
  const records = s3Records({ client: s3, bucket: deployment.recordsBucket });
  const rule = { Name: deployment.scheduleRule };
  const onRule = <T>(right: string, call: () => Promise<T>) => onService(`the rule ${rule.Name}`, right, call);

  async function eventSource(UUID: string): Promise<EventSource> {
    const found = await onService(`the event source ${UUID}`, 'lambda:GetEventSourceMapping', () =>
      lambda.send(new GetEventSourceMappingCommand({ UUID })),
    );
    const { EventSourceArn = UUID, State = 'unknown', LastProcessingResult: lastResult, ScalingConfig } = found;
    const maxConcurrency = ScalingConfig?.MaximumConcurrency;
    return {
      id: UUID,
      queue: EventSourceArn.split(':').at(-1) ?? UUID,
      state: State,
      ...(maxConcurrency === undefined ? {} : { maxConcurrency }),
      ...(lastResult === undefined ? {} : { lastResult }),
    };
  }

  return {
    eventSources: () => Promise.all(deployment.eventSources.map(eventSource)),

    async switchEventSource(UUID, on) {
      return await onService(`the event source ${UUID}`, 'lambda:UpdateEventSourceMapping', async () => {
        try {
          await lambda.send(new UpdateEventSourceMappingCommand({ UUID, Enabled: on }));
          return true;
        } catch (error) {
          if (IN_USE.test(serviceFailure(error).name)) return false;
          throw error;
        }
      });
    },

    async isScheduled() {
      const { State } = await onRule('events:DescribeRule', () => events.send(new DescribeRuleCommand(rule)));
      return State !== 'DISABLED';
    },

    async switchSchedule(on) {
      await onRule(on ? 'events:EnableRule' : 'events:DisableRule', () =>
        events.send(on ? new EnableRuleCommand(rule) : new DisableRuleCommand(rule)),
      );
    },

    note: async () => (await records.get(KEYS.pause))?.value,

    async writeNote(note) {
      const earlier = await records.get(KEYS.pause);
      await records.put(KEYS.pause, note, earlier?.version ?? 'absent');
    },

    deleteNote: () => records.delete(KEYS.pause),

    [Symbol.dispose]() {
      for (const client of [lambda, events, s3]) client.destroy();
    },
  };
}
