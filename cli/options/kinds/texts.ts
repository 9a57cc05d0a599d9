import type { DigestAlgorithm } from '../../../lib/transfer/digests.ts';
import { DIGEST_HEX_LENGTH } from '../../../lib/transfer/digests.ts';
import type { Kind } from './kind.ts';
import { BadValue, oneText, show } from './kind.ts';

export const toggle: Kind<boolean> = {
  shape: 'switch',
  parse(texts) {
    const given = (texts.at(-1) ?? '').toLowerCase();
    if (['1', 'true', 'yes', 'on'].includes(given)) return true;
    if (['0', 'false', 'no', 'off'].includes(given)) return false;
    throw new BadValue(`${show(given)} is neither true nor false`);
  },
};

/** One of `choices`; `aliases` are other tools' words for them. */
export function choice<const T extends string>(
  choices: readonly T[],
  aliases: Readonly<Record<string, T>> = {},
): Kind<T> {
  const parse = (given: string): T => {
    const found = choices.find((one) => one === given.toLowerCase()) ?? aliases[given];
    if (found !== undefined) return found;
    throw new BadValue(`${show(given)} is none of ${choices.join(', ')}`);
  };
  return { ...oneText('WHICH', 'text', parse), choices };
}

/** Some of them, with commas between or one for each time that the option is given. */
export function choices<const T extends string>(known: readonly T[]): Kind<readonly T[]> {
  const one = choice(known);
  return {
    placeholder: 'WHICH',
    isRepeatable: true,
    shape: 'texts',
    choices: known,
    parse: (given) => given.flatMap((text) => text.split(',')).map((text) => one.parse([text.trim()])),
  };
}

export function anyText(placeholder: string): Kind<string> {
  return oneText(placeholder, 'text', (given) => {
    if (given === '') throw new BadValue('it is empty');
    return given;
  });
}

/** Several values, one for each time that the option is given. */
export function texts(placeholder: string): Kind<readonly string[]> {
  return { placeholder, isRepeatable: true, shape: 'texts', parse: (given) => given };
}

export function matching(placeholder: string, pattern: RegExp, wanted: string): Kind<string> {
  return oneText(placeholder, 'text', (given) => {
    if (pattern.test(given)) return given;
    throw new BadValue(`${show(given)} is not ${wanted}`);
  });
}

/** An `http:` or `https:` URL; it may hold a password by mistake, so it is not shown. */
export const endpoint: Kind<string> = oneText('URL', 'text', (given) => {
  const url = URL.parse(given);
  if (url !== null && ['http:', 'https:'].includes(url.protocol) && url.username === '' && url.search === '') {
    return given;
  }
  throw new BadValue('it is to be the http: or https: URL of a store, without user, password and query');
});

export function digest(algorithm: DigestAlgorithm): Kind<string> {
  const length = DIGEST_HEX_LENGTH[algorithm];
  return oneText('HEX', 'text', (given) => {
    if (given.length === length && /^[0-9a-f]+$/i.test(given)) return given.toLowerCase();
    throw new BadValue(`${show(given)} is not a ${algorithm}, which has ${length} hexadecimal digits`);
  });
}

/** `name=value`, repeatable; in the config file an object. */
export function pairs(): Kind<Readonly<Record<string, string>>> {
  return {
    placeholder: 'NAME=VALUE',
    isRepeatable: true,
    shape: 'pairs',
    parse(texts) {
      const collected: [string, string][] = [];
      for (const given of texts) {
        const equals = given.indexOf('=');
        if (equals < 1) throw new BadValue(`${show(given.slice(0, 40))} is not NAME=VALUE`);
        collected.push([given.slice(0, equals).trim(), given.slice(equals + 1)]);
      }
      return Object.fromEntries(collected);
    },
  };
}
