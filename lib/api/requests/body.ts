import type { Context, MiddlewareHandler } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import { ApiError } from '../answers/problem.ts';

const MOST_BODY_BYTES = 64 * 1024;
/** The deepest body that makes sense has four levels. */
const MOST_DEPTH = 8;

function tooLarge(): never {
  throw new ApiError(
    'RequestTooLarge',
    `the body has more than ${MOST_BODY_BYTES / 1024} KiB; shorten headers, tags and metadata`,
  );
}

const limited = bodyLimit({ maxSize: MOST_BODY_BYTES, onError: tooLarge });

/**
 * Bodies are small and shallow JSON; anything else is refused before any work on it. No message
 * quotes a body: it may hold a secret.
 */
export const jsonBodies: MiddlewareHandler = async (context, next) => {
  if (context.req.raw.body === null) {
    sayNothing(context);
    return await next();
  }
  return await limited(context, async () => {
    const text = await context.req.text();
    // A Content-Length is only a claim.
    if (Buffer.byteLength(text) > MOST_BODY_BYTES) tooLarge();
    if (text === '') sayNothing(context);
    else check(text, context.req.header('content-type'));
    await next();
  });
};

/**
 * Clients say of what type a body is even where they send none: then there is none to
 * read, rather than a malformed one.
 */
function sayNothing(context: Context): void {
  context.req.raw.headers.delete('content-type');
}

function check(text: string, contentType: string | undefined): void {
  const mediaType = contentType?.split(';', 1)[0]?.trim().toLowerCase();
  if (mediaType !== 'application/json')
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
