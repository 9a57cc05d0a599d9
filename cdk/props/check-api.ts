import { SecurityPolicy } from 'aws-cdk-lib/aws-apigateway';
import type { PieceworkLimits, Settings } from './props.ts';
import { PieceworkPropsError, refuseUnknown } from './props-error.ts';

/** @throws PieceworkPropsError at the first setting of the API that is out of its bounds, or contradicts another. */
export function checkApi(settings: Settings): void {
  checkAuth(settings);
  checkTls(settings);
  checkAccessLog(settings);
}

function checkAuth({ auth, throttle, defaultOwner }: Settings): void {
  refuseUnknown('throttle', 'setting', throttle, ['ratePerSecond', 'burst']);
  if (!(throttle.ratePerSecond > 0) || !(throttle.burst > 0))
    throw new PieceworkPropsError('throttle needs ratePerSecond and burst, both above 0.');
  if (defaultOwner !== undefined && !/^[\x21-\x7e]{1,128}$/.test(defaultOwner))
    throw new PieceworkPropsError('defaultOwner must be 1 to 128 visible ASCII characters: queues are fair by it.');
  switch (auth.kind) {
    case 'iam':
      refuseUnknown('auth "iam"', 'setting', auth, ['kind']);
      return;
    case 'authorizer':
      refuseUnknown('auth "authorizer"', 'setting', auth, ['kind', 'authorizer']);
      if (typeof auth.authorizer !== 'object' || auth.authorizer === null)
        throw new PieceworkPropsError('auth "authorizer" needs the authorizer itself.');
      return;
    case 'apiKey':
      checkKeys(auth, throttle);
      return;
    default:
      throw new PieceworkPropsError(
        `auth must be of kind iam, apiKey or authorizer, and is ${JSON.stringify((auth as { kind?: unknown }).kind)}.`,
      );
  }
}

const LIMITS = ['ratePerSecond', 'burst', 'requestsPerDay'] as const;

function checkKeys(auth: Extract<Settings['auth'], { readonly kind: 'apiKey' }>, throttle: Settings['throttle']): void {
  refuseUnknown('auth "apiKey"', 'setting', auth, ['kind', 'keys', ...LIMITS]);
  if (auth.keys === undefined) {
    checkLimits('auth "apiKey"', 'the API key', auth, throttle);
    return;
  }
  const limit = LIMITS.find((name) => auth[name] !== undefined);
  if (limit !== undefined)
    throw new PieceworkPropsError(`auth "apiKey" has keys and ${limit}; give each key a ${limit} of its own.`);
  if (!Array.isArray(auth.keys) || auth.keys.length === 0)
    throw new PieceworkPropsError('auth "apiKey": keys must be a list of at least one: [{ name: "ingest" }].');
  const seen = new Set<string>();
  for (const key of auth.keys) {
    refuseUnknown('a key of auth "apiKey"', 'setting', key, ['name', ...LIMITS]);
    const { name } = key;
    if (typeof name !== 'string' || !/^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$/.test(name))
      throw new PieceworkPropsError(
        `the name of a key must be 1 to 64 letters, digits, "-" and "_", and is ${JSON.stringify(name)}.`,
      );
    // Names of resources are made of it, without regard to these.
    const plain = name.replaceAll(/[-_]/g, '').toLowerCase();
    if (seen.has(plain)) throw new PieceworkPropsError(`two keys have the name "${name}", or one that is too alike.`);
    seen.add(plain);
    checkLimits(`the key "${name}"`, `the key "${name}"`, key, throttle);
  }
}

function checkLimits(where: string, who: string, key: PieceworkLimits, throttle: Settings['throttle']): void {
  for (const name of LIMITS) {
    const value = key[name];
    const isCount = name === 'ratePerSecond' || Number.isInteger(value);
    if (value !== undefined && !(value > 0 && isCount))
      throw new PieceworkPropsError(
        `${where}: ${name} must be a ${name === 'ratePerSecond' ? '' : 'whole '}number above 0, and is ${String(value)}.`,
      );
  }
  for (const name of ['ratePerSecond', 'burst'] as const) {
    const value = key[name];
    if (value !== undefined && value > throttle[name]) {
      const [what, once] = name === 'burst' ? ['burst', 'at once'] : ['rate', 'a second'];
      throw new PieceworkPropsError(
        `${who} may send ${value} requests ${once}, and throttle stops all callers together at ${throttle[name]}; raise throttle, or lower the key's ${what}.`,
      );
    }
  }
}

/** Of those that AWS has for Regional endpoints, the ones that refuse what is older than TLS 1.2. */
const TLS_POLICIES: readonly SecurityPolicy[] = [
  SecurityPolicy.TLS13_1_2_PFS_PQ_2025_09,
  SecurityPolicy.TLS13_1_2_PQ_2025_09,
  SecurityPolicy.TLS13_1_3_2025_09,
  SecurityPolicy.TLS13_1_3_FIPS_2025_09,
];

function checkTls({ tlsPolicy }: Settings): void {
  if (!TLS_POLICIES.includes(tlsPolicy))
    throw new PieceworkPropsError(`tlsPolicy must be one of ${TLS_POLICIES.join(', ')}, and is ${String(tlsPolicy)}.`);
}

function checkAccessLog({ accessLog }: Settings): void {
  if (accessLog !== undefined) refuseUnknown('accessLog', 'setting', accessLog, ['retention']);
}
