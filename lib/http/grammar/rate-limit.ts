import type { Parameters } from 'structured-headers';
import { parseDictionary, parseList } from 'structured-headers';

/** What an answer says of the limit on requests. */
export interface RateLimit {
  /** Nothing is left of it. */
  readonly isUsedUp: boolean;
  /** When there is something again; absent = not said. */
  readonly resetMs?: number;
}

interface Policy {
  /** What it counts; requests, where nothing is said. */
  readonly unit?: unknown;
  readonly windowSeconds?: number;
}

const DAY_MS = 86_400_000;

/**
 * Reads `RateLimit` and `RateLimit-Policy` (draft-ietf-httpapi-ratelimit-headers) in each of their forms:
 * `"default";r=0;t=30` with `"default";q=100;w=60` (draft 8 on), `limit=100, remaining=0, reset=30` (draft 7), and
 * `RateLimit-Limit`, `RateLimit-Remaining`, `RateLimit-Reset` (before). Of several limits the one that holds longest
 * counts; limits on something else than requests don't. What is malformed is ignored.
 * @param headers names in lower case
 */
export function rateLimitOf(headers: Readonly<Record<string, string | undefined>>): RateLimit | undefined {
  const field = headers['ratelimit'];
  if (field === undefined) return fromThree(headers['ratelimit-remaining'], headers['ratelimit-reset']);
  return fromItems(field, policiesOf(headers['ratelimit-policy'])) ?? fromPairs(field);
}

function fromItems(field: string, policies: ReadonlyMap<string, Policy>): RateLimit | undefined {
  const limits: RateLimit[] = [];
  for (const [name, parameters] of itemsOf(field)) {
    const policy = policies.get(name);
    const left = wholeNumber(parameters.get('r'));
    if (left === undefined || (policy?.unit !== undefined && policy.unit !== 'requests')) continue;
    limits.push(limitOf(left, wholeNumber(parameters.get('t')) ?? policy?.windowSeconds));
  }
  const usedUp = limits.filter(({ isUsedUp }) => isUsedUp);
  return (usedUp.length > 0 ? usedUp : limits).toSorted((a, b) => (b.resetMs ?? 0) - (a.resetMs ?? 0))[0];
}

function policiesOf(field: string | undefined): ReadonlyMap<string, Policy> {
  const policies = new Map<string, Policy>();
  for (const [name, parameters] of field === undefined ? [] : itemsOf(field)) {
    const windowSeconds = wholeNumber(parameters.get('w'));
    policies.set(name, { unit: parameters.get('qu'), ...(windowSeconds === undefined ? {} : { windowSeconds }) });
  }
  return policies;
}

function itemsOf(field: string): readonly (readonly [string, Parameters])[] {
  try {
    return parseList(field).map(([value, parameters]) => [String(value), parameters] as const);
  } catch {
    return [];
  }
}

function fromPairs(field: string): RateLimit | undefined {
  try {
    const pairs = parseDictionary(field);
    const left = wholeNumber(pairs.get('remaining')?.[0]);
    return left === undefined ? undefined : limitOf(left, wholeNumber(pairs.get('reset')?.[0]));
  } catch {
    return undefined;
  }
}

function fromThree(remaining: string | undefined, reset: string | undefined): RateLimit | undefined {
  const left = wholeNumber(digits(remaining));
  return left === undefined ? undefined : limitOf(left, wholeNumber(digits(reset)));
}

function digits(text: string | undefined): number | undefined {
  return text !== undefined && /^\s*\d{1,9}\s*$/.test(text) ? Number(text) : undefined;
}

function limitOf(left: number, resetSeconds: number | undefined): RateLimit {
  const isUsedUp = left === 0;
  return resetSeconds === undefined ? { isUsedUp } : { isUsedUp, resetMs: Math.min(resetSeconds * 1000, DAY_MS) };
}

function wholeNumber(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isInteger(value) && value >= 0 ? value : undefined;
}
