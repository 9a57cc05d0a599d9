import { createHash } from 'node:crypto';
import type { Context } from 'hono';
import type { LambdaEvent } from 'hono/aws-lambda';
import { stated } from '../values/stated.ts';
import type { AnsweredRequest } from './trail.ts';

/**
 * What API Gateway (REST, payload 1.0) says of a request, as far as it is used here.
 * `hono/aws-lambda` hands it over as `env.event`.
 */
interface GatewayEvent {
  readonly path?: string;
  readonly requestContext?: {
    readonly path?: string;
    readonly requestId?: string;
    readonly identity?: { readonly userArn?: string | null; readonly apiKeyId?: string | null };
    readonly authorizer?: { readonly principalId?: string; readonly claims?: { readonly sub?: string } } | null;
  };
}

/**
 * What SQS takes as `MessageGroupId`:
 * https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessage.html
 */
const GROUP_ID = /^[A-Za-z0-9!-/:-@[-`{-~]{1,128}$/;

/**
 * Whose request it is: the IAM principal (for an assumed role the role, not its session), what an authorizer says, or
 * the name of the API key, or its id where it has none. `undefined` where API Gateway let an unknown caller through.
 * @param keyNames by the key's id. @default none has a name
 */
export function gatewayOwner(context: Context, keyNames: ReadonlyMap<string, string> = NO_NAMES): string | undefined {
  const { identity, authorizer } = eventOf(context).requestContext ?? {};
  const owner =
    withoutSession(identity?.userArn) ??
    authorizer?.claims?.sub ??
    authorizer?.principalId ??
    named(identity?.apiKeyId, keyNames) ??
    undefined;
  if (owner === undefined || owner === '') return undefined;
  return GROUP_ID.test(owner) ? owner : createHash('sha256').update(owner).digest('hex');
}

/** API Gateway's name of the request, which its access log has too. */
export function gatewayRequestId(context: Context): string | undefined {
  return eventOf(context).requestContext?.requestId;
}

/**
 * The body of a GET means nothing (RFC 9110, section 9.3.1). A request can't be made of it, so that the caller would be
 * refused in words of the adapter.
 */
export function withoutIdleBody<E extends LambdaEvent>(event: E): E {
  const isIdle = 'httpMethod' in event && (event.httpMethod === 'GET' || event.httpMethod === 'HEAD');
  return isIdle ? { ...event, body: null } : event;
}

/** For the trail, of an event that never became a request: its method is none, or a header no header. */
export function unreadRequest(
  event: LambdaEvent,
  status: number,
  keyNames: ReadonlyMap<string, string>,
): AnsweredRequest {
  const context = { env: { event } } as unknown as Context;
  const known = stated({ principal: gatewayOwner(context, keyNames), requestId: gatewayRequestId(context) });
  return { method: 'OTHER', route: 'none', status, durationMs: 0, ...known };
}

/** What stands before our own path: the deployment stage, or the mapping of a custom domain. */
export function gatewayBasePath(context: Context): string {
  const { path, requestContext } = eventOf(context);
  const whole = requestContext?.path;
  return whole !== undefined && path !== undefined && whole.endsWith(path)
    ? whole.slice(0, whole.length - path.length)
    : '';
}

function eventOf(context: Context): GatewayEvent {
  const env = context.env as { readonly event?: GatewayEvent } | undefined;
  return env?.event ?? {};
}

const NO_NAMES: ReadonlyMap<string, string> = new Map();

/** A key that is made anew has another id and the same name, and what was its consumer's stays so. */
function named(id: string | null | undefined, names: ReadonlyMap<string, string>): string | undefined {
  return id === null || id === undefined ? undefined : (names.get(id) ?? id);
}

/** `arn:aws:sts::123456789012:assumed-role/Role/session` → without `/session`. */
function withoutSession(arn: string | null | undefined): string | undefined {
  return arn?.replace(/^(arn:[^:]+:sts::\d+:assumed-role\/[^/]+)\/.*$/, '$1');
}
