import { GetQueueAttributesCommand, SetQueueAttributesCommand } from '@aws-sdk/client-sqs';
import type { Scene } from '../scene.ts';

/** How long a message of a queue is out of sight, in seconds. @returns as it was */
export async function changeVisibility(
  { pipeline }: Scene,
  queue: 'Plans' | 'Streams' | 'Results',
  VisibilityTimeout: string,
): Promise<string> {
  const QueueUrl = pipeline.output(`${queue}QueueUrl`);
  const { Attributes = {} } = await pipeline.sqs.send(
    new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ['VisibilityTimeout'] }),
  );
  await pipeline.sqs.send(new SetQueueAttributesCommand({ QueueUrl, Attributes: { VisibilityTimeout } }));
  return Attributes.VisibilityTimeout ?? '';
}
