import type { Context, MiddlewareHandler } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import { ApiError } from '../answers/problem.ts';

/** What a body may hold. */
export interface BodyLimit {
  readonly mostBytes: number;
  /** What to do about it. */
  readonly advice: string;
}

export const TRANSFER_BODY: BodyLimit = { mostBytes: 64 * 1024, advice: 'shorten headers, tags and metadata' };
/** A function is given at most 6 MB, in which the body is a text once more, with its quotes escaped. */
export const BATCH_BODY: BodyLimit = {
  mostBytes: 4 * 1024 ** 2,
  advice: 'give the list by its URL, or in several batches',
};
/** The deepest body that makes sense has four levels. */
const MOST_DEPTH = 8;

/**
 * Bodies are small and shallow JSON; anything else is refused before any work on it. No message
 * quotes a body: it may hold a secret.
 */
export function jsonBodies({ mostBytes, advice }: BodyLimit): MiddlewareHandler {
  const tooLarge = (): never => {
    const most = mostBytes < 1024 ** 2 ? `${mostBytes / 1024} KiB` : `${mostBytes / 1024 ** 2} MiB`;
    throw new ApiError('RequestTooLarge', `the body has more than ${most}; ${advice}`);
  };
  const limited = bodyLimit({ maxSize: mostBytes, onError: tooLarge });
  return async (context, next) => {
    if (context.req.raw.body === null) {
      sayNothing(context);
      return await next();
    }
    return await limited(context, async () => {
      const text = await context.req.text();
      // A Content-Length is only a claim.
      if (Buffer.byteLength(text) > mostBytes) tooLarge();
      if (text === '') sayNothing(context);
      else check(text, context.req.header('content-type'));
      await next();
    });
  };
}

/**
 * Clients say of what type a body is even where they send none: then there is none to
 * read, rather than a malformed one.
 */
function sayNothing(context: Context): void {
  context.req.raw.headers.delete('content-type');
}

/** With parameters, such as a character set. A `;` may have none after it (RFC 9110 §5.6.6). */
const JSON_TYPE = /^application\/json\s*(;\s*([a-z0-9-]+=[^;]+)?)*$/i;

function check(text: string, contentType: string | undefined): void {
  if (contentType === undefined || !JSON_TYPE.test(contentType))
    throw new ApiError('InvalidOption', 'the body is to be JSON, sent with "Content-Type: application/json"');
  if (depthOf(text) > MOST_DEPTH)
    throw new ApiError('InvalidOption', `the body is nested more than ${MOST_DEPTH} levels deep`);
  try {
    JSON.parse(text);
  } catch (error) {
    const place = /line (\d+) column (\d+)/.exec(String(error));
    const where = place === null ? '' : ` (line ${place[1]}, column ${place[2]})`;
    // Without a cause: the engine's message quotes the body.
    throw new ApiError('InvalidOption', `the body is no JSON${where}`);
  }
}

/** Brackets that are open at the same time, before they are parsed. */
function depthOf(text: string): number {
  let depth = 0;
  let deepest = 0;
  let inString = false;
  for (let index = 0; index < text.length; index += 1) {
    const char = text[index];
    if (inString) {
      if (char === '\\') index += 1;
      else if (char === '"') inString = false;
    } else if (char === '"') inString = true;
    else if (char === '{' || char === '[') {
      depth += 1;
      deepest = Math.max(deepest, depth);
    } else if (char === '}' || char === ']') depth -= 1;
  }
  return deepest;
}
