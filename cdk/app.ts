import { App } from 'aws-cdk-lib';
import { PieceworkPropsError } from './props.ts';
import { PieceworkStack, stageSettings } from './stack.ts';

try {
  const app = new App();
  const stackName = app.node.tryGetContext('stackName') as string | undefined;
  new PieceworkStack(app, stackName ?? 'Piecework', { settings: stageSettings(app.node) });
} catch (error) {
  if (!(error instanceof PieceworkPropsError)) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 1;
}
