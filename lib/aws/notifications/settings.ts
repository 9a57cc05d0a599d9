import type { Webhook } from '../../transfer/hooks.ts';

/** Who may be notified in a deployment: what its props say. */
export interface NotificationSettings {
  /** Callers may name a URL. */
  readonly webhooks: boolean;
  /** Callers may give the token of a task of Step Functions. */
  readonly taskTokens: boolean;
  /** Notified of each end that has no hook of its own; its secret is a reference. */
  readonly usual?: Webhook;
}

export function parseNotificationSettings(value: string): NotificationSettings | undefined {
  const { webhooks, taskTokens, usual } = Object(parsed(value)) as Record<string, unknown>;
  if (typeof webhooks !== 'boolean' || typeof taskTokens !== 'boolean') return undefined;
  if (usual === undefined) return { webhooks, taskTokens };
  const { url, secret } = Object(usual) as Record<string, unknown>;
  return typeof url === 'string' && typeof secret === 'string'
    ? { webhooks, taskTokens, usual: { url, secret } }
    : undefined;
}

function parsed(value: string): unknown {
  try {
    return JSON.parse(value);
  } catch {
    return undefined;
  }
}
