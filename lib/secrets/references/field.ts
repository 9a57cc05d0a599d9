import { PieceworkError } from '../../errors/error.ts';

/**
 * The text in one field of a secret that is a JSON object.
 * @throws PieceworkError `SecretMissing`, without anything of the value.
 */
export function fieldOf(value: string, field: string, shown: string): string {
  const fields = fieldsOf(value);
  if (fields === undefined) {
    throw new PieceworkError(
      'SecretMissing',
      `${shown}: the secret is not JSON, so it has no fields; leave out #${field}`,
    );
  }
  const found = Object.hasOwn(fields, field) ? fields[field] : undefined;
  if (typeof found === 'string') return found;
  throw new PieceworkError('SecretMissing', `${shown}: the secret has no text in the field ${field}`);
}

/** `undefined` for what is not JSON; the parser's complaint is dropped, since it quotes what it complains of. */
function fieldsOf(value: string): Readonly<Record<string, unknown>> | undefined {
  try {
    return Object(JSON.parse(value)) as Readonly<Record<string, unknown>>;
  } catch {
    return undefined;
  }
}
