import type { UpdateEventSourceMappingCommandInput } from '@aws-sdk/client-lambda';
import { LambdaClient, ListEventSourceMappingsCommand, UpdateEventSourceMappingCommand } from '@aws-sdk/client-lambda';
import { clientOf } from '../../e2e/pipeline.ts';
import type { Scene } from '../scene.ts';

/** Changes by hand what gives a queue's messages to its function. */
export async function changeEventSource(
  { cloud, pipeline }: Scene,
  queue: 'Streams',
  change: Omit<UpdateEventSourceMappingCommandInput, 'UUID'>,
): Promise<void> {
  const client = new LambdaClient(clientOf(cloud));
  const name = pipeline.output(`${queue}QueueUrl`).split('/').at(-1);
  const { EventSourceMappings = [] } = await client.send(new ListEventSourceMappingsCommand({}));
  const UUID = EventSourceMappings.find(({ EventSourceArn = '' }) => EventSourceArn.endsWith(`:${name}`))?.UUID;
  await client.send(new UpdateEventSourceMappingCommand({ UUID, ...change }));
  client.destroy();
}
