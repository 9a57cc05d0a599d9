import { CreateRoleCommand, IAMClient } from '@aws-sdk/client-iam';
import {
  CreateStateMachineCommand,
  DescribeExecutionCommand,
  SFNClient,
  StartExecutionCommand,
} from '@aws-sdk/client-sfn';
import { CreateQueueCommand, ReceiveMessageCommand } from '@aws-sdk/client-sqs';
import { describe, expect, test, vi } from 'vitest';
import { WEBHOOK_SECRET } from '../../support/webhook-receiver.ts';
import { clientOf } from '../pipeline.ts';
import { cloud, here, MIB, pipeline, receiver, STACK, serve } from '../suite.ts';
import { typeOps } from '../type-ops.ts';

// Ends of transfers of the deployed stack, as those get them who are to be notified.

const PATIENCE = { timeout: 240_000, interval: 200 };
const notify = () => ({ notify: { url: receiver.url, secret: WEBHOOK_SECRET } });

/** What came of one transfer. */
const cameOf = (id: string) => receiver.received.filter(({ body }) => body.includes(id));

async function untilCame(id: string, count: number) {
  await vi.waitUntil(() => cameOf(id).length >= count, PATIENCE);
  const came = cameOf(id).at(-1);
  if (came === undefined) throw new Error('nothing came');
  return came;
}

describe.runIf(here)('who is notified of an end', () => {
  test('a webhook, signed: the library of Standard Webhooks verifies it, and refuses what was forged', async () => {
    const id = await pipeline.submit(serve('hooked.bin', MIB), 'hooked.bin', {}, {}, notify());
    const came = await untilCame(id, 1);
    expect(receiver.verified(came)).toMatchObject({
      type: 'piecework.transfer.completed',
      data: { transferId: id, status: 'completed', sizeBytes: MIB },
    });
    const forged = { ...came, body: came.body.replace('completed', 'cancelled') };
    expect(() => receiver.verified(forged)).toThrow('No matching signature found');
    const replayed = { ...came, headers: { ...came.headers, 'webhook-timestamp': '1600000000' } };
    expect(() => receiver.verified(replayed)).toThrow('Message timestamp too old');
  });

  test('what a receiver refuses for good is a dead letter, which doctor sees and replay delivers', async () => {
    receiver.answer = 410;
    const id = await pipeline.submit(serve('refused-hook.bin', MIB), 'refused-hook.bin', {}, {}, notify());
    await vi.waitFor(async () => expect(await pipeline.waiting('NotificationsDead')).toBe(1), PATIENCE);
    expect((await typeOps(cloud.env, STACK, 'doctor')).stdout).toMatch(/^look {6}dead notifications: 1$/m);
    receiver.answer = 204;
    const { stdout } = await typeOps(cloud.env, STACK, 'replay');
    expect(stdout).toContain(`dead notifications: notify of ${id} back to notifications`);
    const came = await untilCame(id, 2);
    expect(receiver.verified(came)).toMatchObject({ data: { transferId: id, status: 'completed' } });
    await vi.waitFor(async () => expect(await pipeline.waiting('Notifications')).toBe(0), PATIENCE);
    expect(await pipeline.waiting('NotificationsDead')).toBe(0);
  });

  // LocalStack is run without Step Functions.
  test.runIf(cloudHasTasks())('a task of Step Functions, by its token: the execution has the result', async () => {
    const sfn = new SFNClient(clientOf(cloud));
    const { QueueUrl = '' } = await pipeline.sqs.send(new CreateQueueCommand({ QueueName: `${STACK}-tokens` }));
    const definition = {
      StartAt: 'Bring',
      States: {
        Bring: {
          Type: 'Task',
          // In place of the API, which the stand-in's state machines do not call: docs/recipes.md has that.
          Resource: 'arn:aws:states:::sqs:sendMessage.waitForTaskToken',
          Parameters: { QueueUrl, MessageBody: { 'token.$': '$$.Task.Token' } },
          TimeoutSeconds: 300,
          End: true,
        },
      },
    };
    const { stateMachineArn } = await sfn.send(
      new CreateStateMachineCommand({
        name: `${STACK}-bring`,
        definition: JSON.stringify(definition),
        roleArn: await roleOfStates(),
      }),
    );
    const { executionArn } = await sfn.send(new StartExecutionCommand({ stateMachineArn }));
    const token = await vi.waitFor(async () => {
      const { Messages = [] } = await pipeline.sqs.send(new ReceiveMessageCommand({ QueueUrl, WaitTimeSeconds: 1 }));
      const [{ Body = '' } = {}] = Messages;
      return (JSON.parse(Body) as { token: string }).token;
    }, PATIENCE);
    const id = await pipeline.submit(serve('task.bin', MIB), 'task.bin', {}, {}, { taskToken: token });
    const output = await vi.waitFor(async () => {
      const found = await sfn.send(new DescribeExecutionCommand({ executionArn }));
      expect(found.status).toBe('SUCCEEDED');
      return found.output;
    }, PATIENCE);
    expect(JSON.parse(output ?? '')).toMatchObject({ transferId: id, status: 'completed', sizeBytes: MIB });
    sfn.destroy();
  });
});

async function roleOfStates(): Promise<string> {
  const iam = new IAMClient(clientOf(cloud));
  const statement = { Effect: 'Allow', Principal: { Service: 'states.amazonaws.com' }, Action: 'sts:AssumeRole' };
  const AssumeRolePolicyDocument = JSON.stringify({ Version: '2012-10-17', Statement: [statement] });
  const { Role } = await iam.send(new CreateRoleCommand({ RoleName: `${STACK}-states`, AssumeRolePolicyDocument }));
  iam.destroy();
  return Role?.Arn ?? '';
}

function cloudHasTasks(): boolean {
  return (process.env['STAND_IN'] ?? 'ministack') === 'ministack';
}
