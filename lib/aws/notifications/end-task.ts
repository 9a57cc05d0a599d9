import type { SFNClient } from '@aws-sdk/client-sfn';
import { SendTaskFailureCommand, SendTaskSuccessCommand } from '@aws-sdk/client-sfn';
import { serviceFailure } from '../../errors/foreign.ts';
import { serviceError } from '../../errors/service.ts';
import type { Refusal } from '../../events/webhooks/post.ts';
import type { NotifyTask } from '../../transfer/messages.ts';

/** What the service says where the task is over already: it timed out, or its execution was stopped. */
const OVER: ReadonlySet<string> = new Set(['TaskTimedOut', 'TaskDoesNotExist', 'InvalidToken', 'ValidationException']);

/** https://docs.aws.amazon.com/step-functions/latest/apireference/API_SendTaskFailure.html */
const MOST_ERROR = 256;
const MOST_CAUSE = 32_768;

/**
 * Ends a task that waits for a token: with the event's detail as its output, or with the code as its error and the
 * sentence as its cause. A batch that is through has succeeded, whatever became of its entries: the output says that.
 * @returns `undefined` = the service has it
 */
export async function endTask(
  client: SFNClient,
  taskToken: string,
  detail: NotifyTask['detail'],
): Promise<Refusal | undefined> {
  const { reason } = detail as { reason?: { code?: string; message?: string } };
  const command =
    detail.status === 'completed'
      ? new SendTaskSuccessCommand({ taskToken, output: JSON.stringify(detail) })
      : new SendTaskFailureCommand({
          taskToken,
          error: (reason?.code ?? 'Failed').slice(0, MOST_ERROR),
          cause: (reason?.message ?? detail.status).slice(0, MOST_CAUSE),
        });
  try {
    await client.send(command as SendTaskSuccessCommand);
    return undefined;
  } catch (error) {
    const { name } = serviceFailure(error);
    if (OVER.has(name)) return { message: `the task of Step Functions is over already (${name})`, isFinal: true };
    const right = detail.status === 'completed' ? 'states:SendTaskSuccess' : 'states:SendTaskFailure';
    return { message: serviceError(error, { target: 'the task of Step Functions', right }).message, isFinal: false };
  }
}
