import {
  CloudFormationClient,
  DescribeStacksCommand,
  paginateListStackResources,
} from '@aws-sdk/client-cloudformation';
import { PieceworkError } from '../../../errors/error.ts';
import { serviceFailure } from '../../../errors/foreign.ts';
import { onService } from '../on-service.ts';
import type { Deployment, StackView } from './deployment.ts';
import { deploymentOf } from './deployment.ts';

/**
 * The deployment of a stack in the Region of the environment.
 * @param given the stack's name; `Stack/Construct` where it holds several deployments
 * @throws PieceworkError `InvalidOption`: there is no such stack or deployment; `HomeRefused`, `HomeUnavailable`.
 */
export async function findDeployment(given: string, signal: AbortSignal): Promise<Deployment> {
  const [stack = '', construct] = given.split('/');
  return deploymentOf(await readStack(stack, signal), construct);
}

async function readStack(StackName: string, abortSignal: AbortSignal): Promise<StackView> {
  const client = new CloudFormationClient({});
  try {
    const { Stacks: [stack] = [] } = await onService(`the stack ${StackName}`, 'cloudformation:DescribeStacks', () =>
      client.send(new DescribeStacksCommand({ StackName }), { abortSignal }),
    );
    const resources: StackView['resources'][number][] = [];
    await onService(`the stack ${StackName}`, 'cloudformation:ListStackResources', async () => {
      for await (const { StackResourceSummaries = [] } of paginateListStackResources({ client }, { StackName })) {
        for (const { ResourceType = '', LogicalResourceId = '', PhysicalResourceId = '' } of StackResourceSummaries)
          resources.push({ type: ResourceType, logicalId: LogicalResourceId, physicalId: PhysicalResourceId });
      }
    });
    const outputs = (stack?.Outputs ?? []).map(({ OutputKey = '', OutputValue = '' }) => [OutputKey, OutputValue]);
    return {
      name: stack?.StackName ?? StackName,
      status: stack?.StackStatus ?? 'unknown',
      outputs: Object.fromEntries(outputs) as Record<string, string>,
      resources,
    };
  } catch (error) {
    if (isMissing(error)) throw noSuchStack(StackName, error);
    throw error;
  } finally {
    client.destroy();
  }
}

/** CloudFormation's own name for a stack that is not there. */
function isMissing(error: unknown): boolean {
  return error instanceof Error && serviceFailure(error.cause).name === 'ValidationError';
}

function noSuchStack(name: string, cause: unknown): PieceworkError {
  return new PieceworkError(
    'InvalidOption',
    `--stack: there is no stack "${name}" in this Region; check the name and AWS_REGION`,
    { cause },
  );
}
