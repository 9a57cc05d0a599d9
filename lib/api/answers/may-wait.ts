import type { Context } from 'hono';
import type { ApiDeps } from '../deps.ts';

/** Of a request that would have waited, and was answered at once. */
const COME_AGAIN_SECONDS = 5;

/**
 * Whether this request waits for a change. Where it was to, and too many do, its answer says when to come again
 * (`Retry-After`).
 */
export async function mayWait(
  context: Context,
  { waits }: Pick<ApiDeps, 'waits'>,
  waitSeconds: number,
): Promise<boolean> {
  if (waitSeconds === 0) return false;
  if (waits === undefined || (await waits.take(waitSeconds * 1000))) return true;
  context.header('retry-after', String(Math.min(waitSeconds, COME_AGAIN_SECONDS)));
  return false;
}
