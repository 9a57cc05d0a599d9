import { PieceworkError } from '../../errors/error.ts';
import type { SourceAuth, SourceLocator } from '../../transfer/locators.ts';
import type { Instant } from '../../values/time.ts';
import type { Secrets } from '../secrets.ts';
import { fieldOf } from './field.ts';
import type { Reference } from './parse.ts';
import { isReference, parseReference } from './parse.ts';
import type { SecretStores } from './stores.ts';

export interface SecretReferencesOptions {
  /** Asked for at the first reference. @default none: every reference is refused where its value is needed */
  readonly stores?: () => Promise<SecretStores>;
  /**
   * What a secret's name must begin with. Every caller chooses both the reference and the server that
   * is sent the secret: only what is meant for transfers may be reached.
   * @default ['piecework/']
   */
  readonly prefixes?: readonly string[];
  /** How long a value is kept in the process; a rotated one is noticed after that. @default 5 min */
  readonly keepMs?: number;
  /** @default Date.now */
  readonly now?: () => Instant;
}

export interface SecretReferences {
  /**
   * The locator with the values in place of `secret://…`, wherever a header or credential is nothing but that.
   * @throws PieceworkError `SecretMissing`, `HomeUnavailable`.
   */
  fill(locator: SourceLocator): Promise<SourceLocator>;
  /**
   * Refuses, at the submit, what is no reference or names no secret that may be reached; sends no request.
   * @throws PieceworkError `InvalidOption`, `SecretMissing`.
   */
  check(locator: SourceLocator): void;
  /** The value in the place of a reference; any other text as it is. @throws PieceworkError as `fill`. */
  value(text: string): Promise<string>;
  /** What `check` does, of one text. */
  checkText(text: string): void;
}

/**
 * Secrets by reference: `secret://name` in Secrets Manager, `secret://ssm/name` in SSM's Parameter Store (`/name`),
 * `…#field` of a JSON secret. No value is ever in an error, nor stored: it is looked up where the source is asked.
 */
export function secretReferences(options: SecretReferencesOptions): SecretReferences {
  const { prefixes = ['piecework/'], keepMs = 300_000, now = Date.now } = options;
  let stores: Promise<SecretStores> | undefined;
  const kept = new Map<string, { readonly value: Promise<string>; readonly until: Instant }>();

  function parse(text: string): Reference {
    const reference = parseReference(text);
    if (prefixes.some((prefix) => reference.name.startsWith(prefix))) return reference;
    const allowed =
      prefixes.length === 0 ? 'no secret' : `only a secret whose name begins with ${prefixes.join(' or ')}`;
    throw new PieceworkError('SecretMissing', `${text}: ${allowed} may be used in this deployment`);
  }

  function whole(reference: Reference): Promise<string> {
    const key = `${reference.store} ${reference.name}`;
    const known = kept.get(key);
    if (known !== undefined && known.until > now()) return known.value;
    const value = ask(reference);
    kept.set(key, { value, until: now() + keepMs });
    // A failure is not kept.
    value.catch(() => kept.delete(key));
    return value;
  }

  async function ask({ store, name }: Reference): Promise<string> {
    if (options.stores === undefined)
      throw new PieceworkError(
        'SecretMissing',
        `secret://${store === 'ssm' ? 'ssm/' : ''}${name}: this deployment reads no secrets there`,
      );
    stores ??= options.stores();
    const { secret, parameter } = await stores;
    return await (store === 'ssm' ? parameter(name) : secret(name));
  }

  async function filledIn(text: string): Promise<string> {
    if (!isReference(text)) return text;
    const reference = parse(text);
    const value = await whole(reference);
    return reference.field === undefined ? value : fieldOf(value, reference.field, text);
  }

  return {
    async fill(locator) {
      const headers = await mapValues(locator.headers ?? {}, filledIn);
      const auth = locator.auth === undefined ? undefined : await mapValues(locator.auth, filledIn);
      return {
        ...locator,
        ...(locator.headers === undefined ? {} : { headers }),
        ...(auth === undefined ? {} : { auth: auth as unknown as SourceAuth }),
      };
    },
    check(locator) {
      for (const value of [...Object.values(locator.headers ?? {}), ...Object.values(locator.auth ?? {})]) {
        if (typeof value === 'string' && isReference(value)) parse(value);
      }
    },
    value: filledIn,
    checkText(text) {
      if (isReference(text)) parse(text);
    },
  };
}

/**
 * Seals references as they are, and gives locators with their values: what is sealed holds no
 * secret that is kept elsewhere.
 */
export function withReferences(secrets: Secrets, references: SecretReferences): Secrets {
  return {
    seal: (transferId, run, locator) => secrets.seal(transferId, run, locator),
    async unseal(transferId, run) {
      const locator = await secrets.unseal(transferId, run);
      return locator === undefined ? undefined : await references.fill(locator);
    },
    discard: (transferId, run) => secrets.discard(transferId, run),
    list: () => secrets.list(),
    fill: (locator) => references.fill(locator),
  };
}

async function mapValues(
  fields: Readonly<Record<string, string>> | SourceAuth,
  change: (value: string) => Promise<string>,
): Promise<Record<string, string>> {
  const entries = Object.entries(fields).map(async ([name, value]) => [name, await change(value)] as const);
  return Object.fromEntries(await Promise.all(entries));
}
