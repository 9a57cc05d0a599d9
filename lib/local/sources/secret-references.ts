import { join } from 'node:path';
import { readUserFileIfThere } from '../../disk/user-file.ts';
import { PieceworkError } from '../../errors/error.ts';
import { fieldOf } from '../../secrets/references/field.ts';

/** The reader of this machine. @param home of its user */
export function secretReaderOf(environment: NodeJS.ProcessEnv, home: string): (text: string) => string {
  return secretReader(
    environment,
    join(environment['XDG_CONFIG_HOME'] || join(home, '.config'), 'piecework', 'secrets'),
  );
}

/**
 * `secret://name` in place of a secret: on one machine the variable `PIECEWORK_SECRET_NAME`, else the file `name` in
 * the folder; `secret://name#field` is a field of it, where it is a JSON object. Everything else is the secret itself.
 * @throws PieceworkError `SecretMissing`, with the name and where it was looked for; `InvalidOption`.
 */
export function secretReader(environment: NodeJS.ProcessEnv, folder: string): (text: string) => string {
  return (text) => {
    const reference = /^secret:\/\/(.*)$/s.exec(text)?.[1];
    if (reference === undefined) return text;
    const [, name = '', field] = /^([^#]*)(?:#([A-Za-z0-9_.-]{1,128}))?$/.exec(reference) ?? [];
    // No segment begins with a dot, so no name leads out of the folder.
    if (!/^[A-Za-z0-9_+=@-][A-Za-z0-9._+=@-]*(\/[A-Za-z0-9_+=@-][A-Za-z0-9._+=@-]*)*$/.test(name)) {
      throw new PieceworkError(
        'InvalidOption',
        'a reference to a secret is secret:// and a name of letters, digits and . _ - / = + @, and perhaps #field',
      );
    }
    if (name.startsWith('ssm/')) {
      throw new PieceworkError(
        'SecretMissing',
        `secret://${name}: parameters of AWS are read by a deployment only; on one machine write secret://${name.slice(4)}, ` +
          'which is a variable or a file',
      );
    }
    const variable = `PIECEWORK_SECRET_${name.replace(/[^A-Za-z0-9]/g, '_').toUpperCase()}`;
    const value = environment[variable] || fromFile(join(folder, name));
    if (value !== undefined) return field === undefined ? value : fieldOf(value, field, `secret://${name}`);
    throw new PieceworkError(
      'SecretMissing',
      `there is no secret "${name}": set ${variable}, or write it into ${join(folder, name)}`,
    );
  };
}

function fromFile(path: string): string | undefined {
  return readUserFileIfThere(path, `the secret in ${path}`)?.replace(/\r?\n$/, '');
}
