import type { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { GetSecretValueCommand } from '@aws-sdk/client-secrets-manager';
import type { SSMClient } from '@aws-sdk/client-ssm';
import { GetParameterCommand } from '@aws-sdk/client-ssm';
import { PieceworkError } from '../../errors/error.ts';
import { serviceFailure } from '../../errors/foreign.ts';
import { serviceError } from '../../errors/service.ts';

/** The whole text of a secret. @throws PieceworkError `SecretMissing`, `HomeUnavailable`. */
export async function fetchSecret(client: SecretsManagerClient | undefined, name: string): Promise<string> {
  const shown = `secret://${name}`;
  if (client === undefined) throw notHere(shown);
  return await ask(shown, 'secretsmanager:GetSecretValue', async () => {
    const { SecretString } = await client.send(new GetSecretValueCommand({ SecretId: name }));
    return SecretString;
  });
}

/** The same of a parameter, decrypted. */
export async function fetchParameter(client: SSMClient | undefined, name: string): Promise<string> {
  const shown = `secret://ssm/${name}`;
  if (client === undefined) throw notHere(shown);
  return await ask(shown, 'ssm:GetParameter', async () => {
    const { Parameter } = await client.send(new GetParameterCommand({ Name: `/${name}`, WithDecryption: true }));
    return Parameter?.Value;
  });
}

function notHere(shown: string): PieceworkError {
  return new PieceworkError('SecretMissing', `${shown}: this deployment reads no secrets there`);
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
