import type { LambdaClient } from '@aws-sdk/client-lambda';
import type { DryRuns } from '../../api/dry-run/dry-runs.ts';
import type { LocateDestination } from '../../api/requests/destinations.ts';
import { fromErrorRecord, PieceworkError } from '../../errors/error.ts';
import { serviceError } from '../../errors/service.ts';
import { stated } from '../../values/stated.ts';
import type { LookAnswer, LookTask } from './look-task.ts';
import { LOOK_ANSWER_MS } from './look-task.ts';

interface AwsDryRunsOptions {
  readonly locate: LocateDestination;
  /** The planner's, by its name or ARN. */
  readonly functionName: string;
  /** The `traceparent` of the request at hand. @default there is none */
  readonly traceOf?: () => string | undefined;
  /** @default LOOK_ANSWER_MS */
  readonly answerMs?: number;
}

/**
 * What a submit would come to, as the planner sees it: the API's function has neither the code nor the right to contact
 * a source, and the planner has both, behind the guard.
 * https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html
 */
export function awsDryRuns(options: AwsDryRunsOptions): DryRuns {
  const { locate, functionName, traceOf = () => undefined, answerMs = LOOK_ANSWER_MS } = options;
  let client: LambdaClient | undefined;

  async function ask(task: LookTask, signal: AbortSignal): Promise<LookAnswer> {
    // Loaded with the first look.
    const { InvokeCommand, LambdaClient: Client } = await import('@aws-sdk/client-lambda');
    // A second try would come when the caller waits no more.
    client ??= new Client({ maxAttempts: 1 });
    const late = AbortSignal.timeout(answerMs);
    const call = new InvokeCommand({
      FunctionName: functionName,
      InvocationType: 'RequestResponse',
      Payload: JSON.stringify(task),
    });
    try {
      const { FunctionError, Payload } = await client.send(call, { abortSignal: AbortSignal.any([signal, late]) });
      if (FunctionError !== undefined)
        throw unavailable('the planner failed while it looked at the source; the log of its function says why');
      return JSON.parse(Payload?.transformToString() ?? '') as LookAnswer;
    } catch (error) {
      signal.throwIfAborted();
      if (late.aborted)
        throw unavailable(
          `the planner has not answered within ${answerMs / 1000} s; ask again, or submit it as it is`,
          error,
        );
      throw serviceError(error, { target: 'the planner', right: 'lambda:InvokeFunction' });
    }
  }

  return {
    locate,
    async look({ source, destination, object, options }, _asked, signal) {
      const { toRequest } = await import('../../pipeline/requests/submit.ts');
      const request = toRequest({ source, destination, object, options });
      const answer = await ask({ kind: 'look', v: 1, source, request, ...stated({ traceparent: traceOf() }) }, signal);
      if ('refused' in answer) throw fromErrorRecord(answer.refused);
      const { bytesPerSecond, ...foreseen } = answer.foreseen;
      return { ...foreseen, destination, ...stated({ connectionBytesPerSecond: bytesPerSecond }) };
    },
  };
}

function unavailable(sentence: string, cause?: unknown): PieceworkError {
  return new PieceworkError('HomeUnavailable', sentence, cause === undefined ? {} : { cause });
}
