import type { LambdaClient, VpcConfigResponse } from '@aws-sdk/client-lambda';
import {
  GetAccountSettingsCommand,
  GetFunctionConcurrencyCommand,
  GetFunctionConfigurationCommand,
} from '@aws-sdk/client-lambda';
import { asPieceworkError } from '../../../../errors/error.ts';
import type { Environment } from '../../../environment.ts';
import { readEnvironment } from '../../../environment.ts';
import type { DeployedName } from '../../../names.ts';
import { ENV, NOTIFIER } from '../../../names.ts';
import { readNotifierEnvironment } from '../../../notifications/environment.ts';
import { onService } from '../../on-service.ts';
import type { FunctionSeen } from '../seen.ts';
import type { PlaceOfFunction } from './network/network.ts';

/** A function, and what it reads from its environment if it can start with it. */
export interface FunctionRead extends FunctionSeen {
  readonly arn: string;
  readonly roleArn: string;
  /** Where it runs in a VPC. */
  readonly place?: PlaceOfFunction;
  /** Of a stage's. */
  readonly environment?: Environment;
  /** Of the notifier: it ends tasks of Step Functions. */
  readonly endsTasks?: boolean;
}

/** @throws PieceworkError `HomeRefused`, `HomeUnavailable`. */
export async function readFunction(
  client: LambdaClient,
  name: DeployedName,
  FunctionName: string,
): Promise<FunctionRead> {
  const target = `the function ${FunctionName}`;
  const found = await onService(target, 'lambda:GetFunctionConfiguration', () =>
    client.send(new GetFunctionConfigurationCommand({ FunctionName })),
  );
  const { ReservedConcurrentExecutions: reserved } = await onService(target, 'lambda:GetFunctionConcurrency', () =>
    client.send(new GetFunctionConcurrencyCommand({ FunctionName })),
  );
  const variables = found.Environment?.Variables ?? {};
  const version = variables[ENV.version];
  const reason = found.StateReasonCode ?? found.LastUpdateStatusReasonCode;
  return {
    name: FunctionName,
    arn: found.FunctionArn ?? '',
    roleArn: found.Role ?? '',
    state: found.State ?? 'Active',
    lastUpdate: found.LastUpdateStatus ?? 'Successful',
    ...(version === undefined ? {} : { version }),
    ...(reason === undefined ? {} : { reason }),
    ...placeOf(found.VpcConfig),
    ...(reserved === undefined ? {} : { reservedConcurrency: reserved }),
    ...environmentOf(name, variables),
  };
}

function placeOf(vpc: VpcConfigResponse | undefined): { readonly place?: PlaceOfFunction } {
  const { VpcId: vpcId = '', SubnetIds: subnetIds = [] } = vpc ?? {};
  return subnetIds.length === 0 ? {} : { place: { vpcId, subnetIds } };
}

function environmentOf(
  name: DeployedName,
  variables: Readonly<Record<string, string>>,
): Pick<FunctionRead, 'environment' | 'endsTasks' | 'wrongEnvironment'> {
  try {
    if (name === NOTIFIER) return { endsTasks: readNotifierEnvironment(variables).settings.taskTokens };
    return { environment: readEnvironment(name, variables) };
  } catch (error) {
    return { wrongEnvironment: asPieceworkError(error).message };
  }
}

/** Functions that may run at once, without those that have some reserved. @throws as `readFunction` */
export async function readConcurrency(client: LambdaClient): Promise<number> {
  const { AccountLimit } = await onService('the account', 'lambda:GetAccountSettings', () =>
    client.send(new GetAccountSettingsCommand({})),
  );
  return AccountLimit?.UnreservedConcurrentExecutions ?? AccountLimit?.ConcurrentExecutions ?? 0;
}
