import { PieceworkError } from '../errors/error.ts';
import { shownUrl } from '../errors/secret-url-path.ts';

/**
 * Who is notified when a transfer or a batch has ended: whole, with its secrets. It lives in the caller's process and
 * in sealed storage only; a record holds `shownHooks(hooks)`.
 */
export interface Hooks {
  readonly webhook?: Webhook;
  /** Of a Step Functions task that waits for the end. On AWS only. */
  readonly taskToken?: string;
}

export interface Webhook {
  /** `https:` or `http:`. */
  readonly url: string;
  /** What signs: `whsec_` and base64 of 24 to 64 bytes, or a reference, `secret://…`. */
  readonly secret: string;
}

/** What a record keeps of hooks, and what may be shown: that there are some, and the webhook's host. */
export interface ShownHooks {
  readonly webhook?: string;
  readonly taskToken?: true;
}

/**
 * As Standard Webhooks has it ("Signature scheme" in
 * https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md).
 */
export function isWebhookSecret(text: string): boolean {
  const [, digits] = /^whsec_([A-Za-z0-9+/]{32,})={0,2}$/.exec(text) ?? [];
  return digits !== undefined && digits.length % 4 !== 1 && Math.floor((digits.length * 3) / 4) <= 64;
}

/** In the path of a webhook there is a secret more often than not. */
export function shownHooks({ webhook, taskToken }: Hooks): ShownHooks {
  return {
    ...(webhook === undefined ? {} : { webhook: shownUrl({ url: webhook.url, secretPath: true }) }),
    ...(taskToken === undefined ? {} : { taskToken: true }),
  };
}

/**
 * Nothing of either is in the sentence.
 * @throws PieceworkError `InvalidOption`.
 */
export function checkWebhook({ url, secret }: Webhook): void {
  if (!/^https?:$/.test(URL.parse(url)?.protocol ?? ''))
    throw new PieceworkError('InvalidOption', 'the URL to notify is none of http: or https:, as https://host/path');
  if (secret.startsWith('secret://') || isWebhookSecret(secret)) return;
  throw new PieceworkError(
    'InvalidOption',
    'the secret that signs notifications is whsec_ and base64 of 24 to 64 bytes, or secret://name; ' +
      'this makes one: echo "whsec_$(openssl rand -base64 32)"',
  );
}
