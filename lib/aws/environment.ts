import { PieceworkError } from '../errors/error.ts';
import type { Workers } from '../transfer/cost/workers.ts';
import type { QuotaRules } from '../transfer/quotas.ts';
import type {
  BucketRule,
  DestinationRule,
  OwnershipRules,
  SourceRules,
  Stage,
  TracingSettings,
  Variable,
} from './names.ts';
import { ENV, NEEDS, USUAL_WORKERS } from './names.ts';
import type { NotificationSettings } from './notifications/settings.ts';
import { parseNotificationSettings } from './notifications/settings.ts';
import { parseQuotas } from './quotas.ts';
import { parseTracingSettings } from './tracing/settings.ts';

/**
 * What a function reads from its environment. What a stage does not need is absent from its variables,
 * and asking for it is a defect.
 */
export interface Environment {
  readonly stage: Stage;
  readonly version: string;
  /** The name of the stack, and the construct's in it. */
  readonly deployment: string;
  readonly recordsBucket: string;
  /** Of this function, as Lambda says it; 0 elsewhere. */
  readonly memoryMiB: number;
  readonly destinations: readonly DestinationRule[];
  readonly sources: SourceRules | undefined;
  readonly queueUrls: {
    readonly plans: string | undefined;
    readonly streams: string | undefined;
    readonly pieces: string | undefined;
    readonly results: string | undefined;
    readonly parked: string | undefined;
    /** Dead letters, of who deletes those of what has ended. */
    readonly plansDead: string | undefined;
    readonly streamsDead: string | undefined;
    readonly resultsDead: string | undefined;
  };
  readonly eventBus: string | undefined;
  /** Of the API. */
  readonly ownership: OwnershipRules | undefined;
  /** Absent = owners have no bounds. */
  readonly quotas: QuotaRules | undefined;
  /** Whose a transfer is, by the id of the API key that a request came with. */
  readonly apiKeyNames: ReadonlyMap<string, string>;
  /** Whose a transfer is when API Gateway lets a request through and does not say whose it is. */
  readonly defaultOwner: string | undefined;
  /** What is sealed is encrypted with this KMS key; absent = with the bucket's own. */
  readonly sealedKey: string | undefined;
  readonly secretPrefixes: readonly string[];
  /** Absent = no end is notified here. */
  readonly notifications: NotificationSettings | undefined;
  readonly notificationsQueueUrl: string | undefined;
  /** Absent = it is not traced. */
  readonly tracing: TracingSettings | undefined;
  readonly hostConnections: number;
  readonly planTimeoutMs: number;
  readonly pieceTimeoutMs: number;
  readonly lateMs: number;
  /** Of the API: how the functions are made. */
  readonly workers: Workers | undefined;
  /** Of the API: requests that may wait at the same time. */
  readonly maxWaiting: number;
  /** Of the API: whom it asks to look at sources. */
  readonly plannerFunction: string;
}

/**
 * Reads the environment once, at cold start.
 * @throws PieceworkError `InvalidConfig` that names everything which is missing or wrong.
 */
export function readEnvironment(stage: Stage, variables: Readonly<Record<string, string | undefined>>): Environment {
  const problems: string[] = [];
  const needed = new Set(NEEDS[stage]);

  function text(name: Variable): string | undefined {
    if (!needed.has(name)) return undefined;
    const value = variables[ENV[name]]?.trim();
    if (value !== undefined && value !== '') return value;
    problems.push(`${ENV[name]} is not set`);
    return undefined;
  }

  function read<T>(name: Variable, parse: (value: string) => T | undefined, wanted: string): T | undefined {
    const value = text(name);
    const parsed = value === undefined ? undefined : parse(value);
    if (value !== undefined && parsed === undefined)
      problems.push(`${ENV[name]} must be ${wanted}, and is ${JSON.stringify(value.slice(0, 80))}`);
    return parsed;
  }

  function apiKeyNames(): ReadonlyMap<string, string> {
    const value = variables[ENV.apiKeys] ?? '[]';
    const names = parseKeyNames(value);
    if (names === undefined) problems.push(`${ENV.apiKeys} must be JSON: a list of {"id", "name"}`);
    return new Map(names);
  }

  function optional<T>(name: keyof typeof ENV, parse: (value: string) => T | undefined, wanted: string): T | undefined {
    const value = variables[ENV[name]] || undefined;
    const parsed = value === undefined ? undefined : parse(value);
    if (value !== undefined && parsed === undefined) problems.push(`${ENV[name]} must be ${wanted}`);
    return parsed;
  }

  const queueUrl = (name: Variable) => read(name, parseUrl, 'the URL of a queue');
  const environment = {
    stage,
    version: text('version') ?? '',
    deployment: text('deployment') ?? '',
    recordsBucket: text('recordsBucket') ?? '',
    memoryMiB: Number(variables['AWS_LAMBDA_FUNCTION_MEMORY_SIZE'] ?? 0) || 0,
    destinations: read('destinations', parseDestinations, 'JSON: a list of at least one {"bucket", "prefix"}') ?? [],
    sources: read(
      'sources',
      parseSources,
      'JSON: {"allowHosts", "denyHosts", "privateHosts", "ports", "schemes", "buckets"}, each a list',
    ),
    queueUrls: {
      plans: queueUrl('plansQueueUrl'),
      streams: queueUrl('streamsQueueUrl'),
      pieces: queueUrl('piecesQueueUrl'),
      results: queueUrl('resultsQueueUrl'),
      parked: queueUrl('parkedQueueUrl'),
      plansDead: queueUrl('plansDeadQueueUrl'),
      streamsDead: queueUrl('streamsDeadQueueUrl'),
      resultsDead: queueUrl('resultsDeadQueueUrl'),
    },
    eventBus: text('eventBus'),
    ownership: read('ownership', parseOwnership, 'JSON: {"change", "read"}, each "owner" or "anyone"'),
    apiKeyNames: apiKeyNames(),
    defaultOwner: variables[ENV.defaultOwner] || undefined,
    sealedKey: variables[ENV.sealedKey] || undefined,
    secretPrefixes: read('secretPrefixes', parseTexts, 'JSON: a list of texts') ?? [],
    notifications: optional(
      'notifications',
      parseNotificationSettings,
      'JSON: {"webhooks", "taskTokens"}, each true or false',
    ),
    tracing: optional('tracing', parseTracingSettings, 'JSON: {"endpoint": "http://…", "ratio": 0 to 1}'),
    quotas: optional(
      'quotas',
      parseQuotas,
      'JSON: {"open", "bytesPerDay", "batchEntries"}, each a whole number above 0, and {"owners"}',
    ),
    notificationsQueueUrl: variables[ENV.notificationsQueueUrl] || undefined,
    hostConnections: read('hostConnections', wholeNumber(1, 10_000), 'a whole number from 1 to 10000') ?? 1,
    planTimeoutMs: (read('planTimeoutSeconds', wholeNumber(1, 900), 'whole seconds from 1 to 900') ?? 0) * 1000,
    pieceTimeoutMs: (read('pieceTimeoutSeconds', wholeNumber(1, 900), 'whole seconds from 1 to 900') ?? 0) * 1000,
    lateMs: (read('lateSeconds', wholeNumber(0, 3600), 'whole seconds from 0 to 3600') ?? 0) * 1000,
    maxWaiting: read('maxWaiting', wholeNumber(0, 1000), 'a whole number from 0 to 1000') ?? 0,
    plannerFunction: text('plannerFunction') ?? '',
    workers: read('workers', parseWorkers, `JSON: an object with ${Object.keys(USUAL_WORKERS).join(', ')}`),
  };
  const urls = Object.values(environment.queueUrls).filter((url) => url !== undefined);
  if (new Set(urls).size < urls.length)
    problems.push('two of the queue URLs are the same, and each stage has a queue of its own');
  if (problems.length === 0) return environment;
  throw new PieceworkError(
    'InvalidConfig',
    `the ${stage} function can't start: ${problems.join('; ')}. These variables are set by the construct "Piecework"; deploy it again`,
  );
}

function parseUrl(value: string): string | undefined {
  const url = URL.parse(value);
  return url !== null && /^https?:$/.test(url.protocol) ? value : undefined;
}

function wholeNumber(least: number, most: number): (value: string) => number | undefined {
  return (value) => {
    const number = /^\d{1,9}$/.test(value) ? Number(value) : Number.NaN;
    return number >= least && number <= most ? number : undefined;
  };
}

function parseDestinations(value: string): readonly DestinationRule[] | undefined {
  const list = parseJson(value);
  const rules = bucketRules(list);
  if (rules === undefined || rules.length === 0) return undefined;
  const owners = (list as readonly { readonly owners?: unknown }[]).map((item) => item.owners);
  if (!owners.every((some) => some === undefined || isList(some, 'string'))) return undefined;
  return rules.map((rule, index) => {
    const some = owners[index];
    return isList(some, 'string') ? { ...rule, owners: some } : rule;
  });
}

function bucketRules(list: unknown): readonly BucketRule[] | undefined {
  if (!Array.isArray(list)) return undefined;
  const rules = list.map((item: unknown) => {
    const { bucket, prefix } = Object(item) as { bucket?: unknown; prefix?: unknown };
    return typeof bucket === 'string' && bucket !== '' && typeof prefix === 'string' ? { bucket, prefix } : undefined;
  });
  return rules.every((rule) => rule !== undefined) ? rules : undefined;
}

export function parseSources(value: string): SourceRules | undefined {
  const { allowHosts, denyHosts, privateHosts, ports, schemes, ...rest } = Object(parseJson(value)) as Record<
    string,
    unknown
  >;
  const buckets = bucketRules(rest['buckets'] ?? []);
  return isList(allowHosts, 'string') &&
    isList(denyHosts, 'string') &&
    isList(privateHosts, 'string') &&
    isList(ports, 'number') &&
    isList(schemes, 'string') &&
    buckets !== undefined
    ? { allowHosts, denyHosts, privateHosts, ports, schemes, buckets }
    : undefined;
}

function parseOwnership(value: string): OwnershipRules | undefined {
  const { change, read } = Object(parseJson(value)) as Record<string, unknown>;
  return isWho(change) && isWho(read) ? { change, read } : undefined;
}

function isWho(value: unknown): value is OwnershipRules['read'] {
  return value === 'owner' || value === 'anyone';
}

function parseKeyNames(value: string): readonly (readonly [id: string, name: string])[] | undefined {
  const list = parseJson(value);
  if (!Array.isArray(list)) return undefined;
  const pairs = list.map((item: unknown) => {
    const { id, name } = Object(item) as Record<string, unknown>;
    return typeof id === 'string' && typeof name === 'string' ? ([id, name] as const) : undefined;
  });
  return pairs.every((pair) => pair !== undefined) ? pairs : undefined;
}

function parseWorkers(value: string): Workers | undefined {
  const given = Object(parseJson(value)) as Record<string, unknown>;
  const fits = Object.entries(USUAL_WORKERS).every(([name, usual]) => typeof given[name] === typeof usual);
  return fits && /^(arm64|x86)$/.test(String(given['architecture'])) ? (given as unknown as Workers) : undefined;
}

export function parseTexts(value: string): readonly string[] | undefined {
  const list = parseJson(value);
  return isList(list, 'string') ? list : undefined;
}

function isList<K extends 'string' | 'number'>(
  value: unknown,
  kind: K,
): value is K extends 'string' ? string[] : number[] {
  return Array.isArray(value) && value.every((item) => typeof item === kind);
}

function parseJson(value: string): unknown {
  try {
    return JSON.parse(value);
  } catch {
    return undefined;
  }
}
