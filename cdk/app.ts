import { App } from 'aws-cdk-lib';
import { stackSettings } from './context/settings.ts';
import { PieceworkPropsError } from './props/props-error.ts';
import { PieceworkStack } from './stack.ts';

try {
  const app = new App();
  const stackName = String(app.node.tryGetContext('stackName') ?? 'Piecework');
  if (!/^[A-Za-z][A-Za-z0-9-]{0,127}$/.test(stackName))
    throw new PieceworkPropsError(`stackName must be letters, digits and hyphens, and is "${stackName}".`);
  new PieceworkStack(app, stackName, { settings: stackSettings(app.node) });
} catch (error) {
  if (!(error instanceof PieceworkPropsError)) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 1;
}
