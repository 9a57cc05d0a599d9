import { PieceworkError } from '../../errors/error.ts';

export interface Reference {
  readonly store: 'secretsManager' | 'ssm';
  readonly name: string;
  /** Of a secret that is a JSON object. */
  readonly field?: string;
}

const SCHEME = 'secret://';
const SSM = 'ssm/';

export function isReference(text: string): boolean {
  return text.startsWith(SCHEME);
}

/**
 * Names as both stores allow them:
 * https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_CreateSecret.html.
 * @throws PieceworkError `InvalidOption`.
 */
export function parseReference(text: string): Reference {
  const [, path = '', field] = /^secret:\/\/([A-Za-z0-9/_+=.@-]{1,512})(?:#([A-Za-z0-9_.-]{1,128}))?$/.exec(text) ?? [];
  const store = path.startsWith(SSM) ? 'ssm' : 'secretsManager';
  const name = store === 'ssm' ? path.slice(SSM.length) : path;
  if (name === '' || name.startsWith('/')) {
    throw new PieceworkError(
      'InvalidOption',
      'a reference to a secret looks like secret://name, secret://ssm/name or secret://name#field',
    );
  }
  return { store, name, ...(field === undefined ? {} : { field }) };
}
