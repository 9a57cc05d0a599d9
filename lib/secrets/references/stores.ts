import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { GetParameterCommand, SSMClient } from '@aws-sdk/client-ssm';
import { PieceworkError } from '../../errors/error.ts';
import { serviceFailure } from '../../errors/foreign.ts';
import { serviceError } from '../../errors/service.ts';

/** Where secrets are kept. Each value is asked for anew. */
export interface SecretStores {
  /** The whole text of a secret. @throws PieceworkError `SecretMissing`, `HomeUnavailable`. */
  secret(name: string): Promise<string>;
  /** The same of a parameter, decrypted. */
  parameter(name: string): Promise<string>;
}

/** Secrets Manager and the Parameter Store. @default clients as the SDK makes them, which end with the process */
export function awsSecretStores({
  secretsManager = new SecretsManagerClient({}),
  ssm = new SSMClient({}),
}: {
  readonly secretsManager?: SecretsManagerClient;
  readonly ssm?: SSMClient;
} = {}): SecretStores {
  return {
    async secret(name) {
      return await ask(`secret://${name}`, 'secretsmanager:GetSecretValue', async () => {
        const { SecretString } = await secretsManager.send(new GetSecretValueCommand({ SecretId: name }));
        return SecretString;
      });
    },
    async parameter(name) {
      return await ask(`secret://ssm/${name}`, 'ssm:GetParameter', async () => {
        const { Parameter } = await ssm.send(new GetParameterCommand({ Name: `/${name}`, WithDecryption: true }));
        return Parameter?.Value;
      });
    },
  };
}

async function ask(shown: string, right: string, get: () => Promise<string | undefined>): Promise<string> {
  let value: string | undefined;
  try {
    value = await get();
  } catch (error) {
    throw failed(error, shown, right);
  }
  if (value !== undefined && value !== '') return value;
  throw new PieceworkError('SecretMissing', `${shown}: the secret holds no text`);
}

/**
 * What can't be read is missing for the one who named it, whatever the reason; only what
 * may pass is not for him to mend.
 */
function failed(error: unknown, shown: string, right: string): PieceworkError {
  const known = serviceError(error, { target: shown, right });
  if (known.code !== 'HomeRefused') return known;
  const { name } = serviceFailure(error);
  const isMissing = /NotFound/.test(name);
  const because = isMissing
    ? 'there is no such secret'
    : `it can't be read (${name}); the role needs ${right} on it, and the use of its key`;
  return new PieceworkError('SecretMissing', `${shown}: ${because}`, {
    cause: error,
    details: { target: shown, reason: name },
  });
}
