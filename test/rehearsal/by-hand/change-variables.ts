import {
  GetFunctionConfigurationCommand,
  LambdaClient,
  ListFunctionsCommand,
  UpdateFunctionConfigurationCommand,
} from '@aws-sdk/client-lambda';
import { clientOf } from '../../e2e/pipeline.ts';
import type { Scene } from '../scene.ts';

export type Variables = Readonly<Record<string, string>>;

/** Changes the environment of a stage's function by hand. @returns as it was */
export async function changeVariables(
  { cloud, stack }: Scene,
  stage: string,
  change: (variables: Variables) => Variables,
): Promise<Variables> {
  const client = new LambdaClient(clientOf(cloud));
  const { Functions = [] } = await client.send(new ListFunctionsCommand({}));
  const names = Functions.map((one) => one.FunctionName ?? '');
  const FunctionName = names.find((name) => name.startsWith(`${stack}-`) && name.includes(`${stage}Stage`)) ?? '';
  const { Environment } = await client.send(new GetFunctionConfigurationCommand({ FunctionName }));
  const before = Environment?.Variables ?? {};
  const Variables = { ...change(before) };
  await client.send(new UpdateFunctionConfigurationCommand({ FunctionName, Environment: { Variables } }));
  client.destroy();
  return before;
}
