import { SOURCE_SCHEMES } from '../../lib/aws/names.ts';
import { covers, parseHostRule } from '../../lib/values/web/hosts.ts';
import { checkApi } from './check-api.ts';
import { checkOwners } from './check-owners.ts';
import { checkTags } from './check-tags.ts';
import type { PieceworkDestination, PieceworkSourceBucket, Settings } from './props.ts';
import { PieceworkPropsError, refuseUnknown } from './props-error.ts';

/** @throws PieceworkPropsError at the first setting that is out of its bounds, or contradicts another. */
export function checkSettings(settings: Settings): void {
  checkDestinations(settings.destinations);
  checkHosts(settings);
  checkSchemes(settings);
  checkSourceBuckets(settings);
  checkSecrets(settings);
  checkNotify(settings);
  checkApi(settings);
  checkOwners(settings);
  checkTracing(settings);
  checkConstructs(settings);
  checkTags(settings);
}

function checkDestinations(destinations: readonly PieceworkDestination[]): void {
  if (!Array.isArray(destinations) || destinations.length === 0) {
    throw new PieceworkPropsError(
      'Piecework needs at least one destination: destinations: [{ bucket }], or [{ bucket, prefix: "incoming/" }].',
    );
  }
  checkBuckets('destination', destinations, ['bucket', 'prefix', 'owners', 'encryptionKey', 'acls']);
}

function checkSourceBuckets({ sourceBuckets, schemes }: Settings): void {
  if (!Array.isArray(sourceBuckets))
    throw new PieceworkPropsError('sourceBuckets must be a list: [{ bucket }], or [{ bucket, prefix: "released/" }].');
  checkBuckets('source bucket', sourceBuckets, ['bucket', 'prefix', 'encryptionKey']);
  if (sourceBuckets.length > 0 && !schemes.includes('s3'))
    throw new PieceworkPropsError('sourceBuckets names buckets to read, and schemes does not have "s3"; add it there.');
}

function checkBuckets(
  what: string,
  places: readonly (PieceworkDestination | PieceworkSourceBucket)[],
  known: readonly string[],
): void {
  const seen = new Set<string>();
  for (const place of places) {
    refuseUnknown(`a ${what} of Piecework`, 'setting', place, known);
    const { bucket, prefix = '', encryptionKey } = place;
    if (typeof bucket?.arnForObjects !== 'function')
      throw new PieceworkPropsError(
        `the bucket of a ${what} must be a construct: a Bucket, or Bucket.fromBucketName(this, "Id", "name").`,
      );
    if (typeof prefix !== 'string' || prefix.startsWith('/') || prefix.includes('*') || prefix.includes('?')) {
      throw new PieceworkPropsError(
        `the prefix "${prefix}" must not begin with "/" nor have "*" or "?" in it: it is the beginning of keys, and IAM would read those as patterns.`,
      );
    }
    checkConstruct(`the encryptionKey of a ${what}`, encryptionKey, 'keyArn', 'a Key, or Key.fromKeyArn(…)');
    const name = `${bucket.node.path} ${prefix}`;
    if (seen.has(name))
      throw new PieceworkPropsError(`the ${what} ${bucket.node.path} with prefix "${prefix}" is named twice.`);
    seen.add(name);
  }
}

function checkHosts({ allowHosts, denyHosts, privateHosts, ports }: Settings): void {
  for (const [name, hosts] of Object.entries({ allowHosts, denyHosts, privateHosts })) {
    const wrong = textsOf(name, hosts, '["example.com"]').find((host) => parseHostRule(host) === undefined);
    if (wrong !== undefined)
      throw new PieceworkPropsError(
        `${name} has ${wrong.includes('@') ? 'a login' : `"${wrong}"`}, which is no host: give example.com, *.example.com or an address, without scheme, port and path.`,
      );
  }
  for (const [name, hosts] of Object.entries({ allowHosts, privateHosts })) {
    const both = hosts.find((host) => denyHosts.includes(host));
    if (both !== undefined)
      throw new PieceworkPropsError(`the host "${both}" is in ${name} and in denyHosts; it can be in one only.`);
  }
  const shut = privateHosts.find((host) => allowHosts.length > 0 && !isAmong(host, allowHosts));
  if (shut !== undefined)
    throw new PieceworkPropsError(
      `the host "${shut}" is in privateHosts, and allowHosts, which alone is contacted, does not have it; name it there too.`,
    );
  const isPort = (port: unknown) => typeof port === 'number' && Number.isInteger(port) && port >= 1 && port <= 65_535;
  if (!Array.isArray(ports) || ports.length === 0 || !ports.every(isPort))
    throw new PieceworkPropsError('ports must be a list of whole numbers from 1 to 65535, as in [80, 443].');
}

function checkSchemes({ schemes }: Settings): void {
  const known: readonly string[] = SOURCE_SCHEMES;
  const wrong = textsOf('schemes', schemes, '["https", "sftp"]').find((scheme) => !known.includes(scheme));
  if (wrong !== undefined || schemes.length === 0) {
    throw new PieceworkPropsError(
      `schemes ${wrong === undefined ? 'is empty' : `has "${wrong}"`}: give one or more of ${known.join(', ')}, without a colon.`,
    );
  }
}

function isAmong(host: string, rules: readonly string[]): boolean {
  const wanted = parseHostRule(host);
  return rules.some((text) => {
    const rule = parseHostRule(text);
    return wanted !== undefined && rule !== undefined && covers(rule, wanted);
  });
}

function checkSecrets({ secretPrefixes }: Settings): void {
  const wrong = textsOf('secretPrefixes', secretPrefixes, '["piecework/"]').find(
    (prefix) => !/^[A-Za-z0-9_+=.@-][A-Za-z0-9/_+=.@-]*$/.test(prefix),
  );
  if (wrong !== undefined)
    throw new PieceworkPropsError(
      `secretPrefixes has "${wrong}": give what names begin with, such as "piecework/", without a leading "/" and without patterns.`,
    );
}

function checkNotify({ notify, secretPrefixes, webhooks, taskTokens }: Settings): void {
  for (const [name, value] of Object.entries({ webhooks, taskTokens }))
    if (typeof value !== 'boolean') throw new PieceworkPropsError(`${name} must be true or false, and is ${value}.`);
  if (notify === undefined) return;
  refuseUnknown('notify', 'setting', notify, ['url', 'secret']);
  const { url, secret } = notify;
  if (typeof url !== 'string' || !/^https?:$/.test(URL.parse(url)?.protocol ?? ''))
    throw new PieceworkPropsError('notify.url must be an http: or https: URL, as in https://host/path.');
  const name = /^secret:\/\/(?:ssm\/)?([A-Za-z0-9/_+=.@-]+)(?:#[A-Za-z0-9_.-]+)?$/.exec(String(secret))?.[1];
  if (name === undefined)
    throw new PieceworkPropsError(
      'notify.secret must be a reference, as in secret://piecework/hook: a secret itself would stand in the template.',
    );
  if (!secretPrefixes.some((prefix) => name.startsWith(prefix)))
    throw new PieceworkPropsError(
      `notify.secret names "${name}", which begins with none of secretPrefixes; add it there.`,
    );
}

function checkTracing({ tracing }: Settings): void {
  if (tracing === undefined) return;
  refuseUnknown('tracing', 'setting', tracing, ['endpoint', 'ratio', 'layer']);
  const { endpoint, ratio, layer } = tracing;
  if (endpoint !== undefined && !/^https?:$/.test(URL.parse(endpoint)?.protocol ?? ''))
    throw new PieceworkPropsError(
      `tracing.endpoint must be an http: or https: URL without /v1/traces, as in http://localhost:4318, and is "${endpoint}".`,
    );
  if (ratio !== undefined && !(ratio >= 0 && ratio <= 1))
    throw new PieceworkPropsError(`tracing.ratio must be a number from 0 to 1, and is ${ratio}.`);
  checkConstruct('tracing.layer', layer, 'layerVersionArn', 'LayerVersion.fromLayerVersionArn(…)');
}

/** A text in the place of a list has the methods of one, and another meaning. */
function textsOf(name: string, list: unknown, example: string): readonly string[] {
  if (Array.isArray(list) && list.every((item) => typeof item === 'string')) return list as readonly string[];
  throw new PieceworkPropsError(`${name} must be a list of texts, as in ${example}.`);
}

function checkConstructs({ encryptionKey, sealedKey, eventBus, alarmTopic }: Settings): void {
  checkConstruct('encryptionKey', encryptionKey, 'keyArn', 'a Key, or Key.fromKeyArn(…)');
  checkConstruct('sealedKey', sealedKey, 'keyArn', 'a Key, or Key.fromKeyArn(…)');
  checkConstruct('eventBus', eventBus, 'eventBusArn', 'an EventBus, or EventBus.fromEventBusArn(…)');
  checkConstruct('alarmTopic', alarmTopic, 'topicArn', 'a Topic, or Topic.fromTopicArn(…)');
}

/** A name or an ARN in the place of a construct would fail later, without a word about the prop. */
function checkConstruct(name: string, value: object | undefined, property: string, example: string): void {
  if (value === undefined || typeof Object(value)[property] === 'string') return;
  throw new PieceworkPropsError(`${name} must be a construct: ${example}.`);
}
