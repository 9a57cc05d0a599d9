import { once } from 'node:events';
import { createServer } from 'node:http';
import { Webhook } from 'standardwebhooks';
import { vi } from 'vitest';
import { listenOnLoopback } from './loopback.ts';

/** Made for these tests, of 24 bytes. */
export const WEBHOOK_SECRET = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';

/** In the path of each receiver: who knows it could post there. */
export const WEBHOOK_PATH = '7f3a9c2e51';

export interface Received {
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** A receiver that verifies as the library of Standard Webhooks does. */
export interface Receiver extends AsyncDisposable {
  readonly url: string;
  readonly port: number;
  /** What came, in order, whatever it was answered. */
  readonly received: readonly Received[];
  /** Once so many have come. */
  untilReceived(count: number): Promise<readonly Received[]>;
  /** The body as an object. @throws where the signature is not right */
  verified(received: Received): Record<string, unknown> & { data: Record<string, unknown> };
}

/**
 * @param answers statuses in turn, the last one for all that follow, or what says the next one; 0 = none ever
 * @param headers of each answer
 */
export async function startReceiver(
  answers: readonly number[] | (() => number) = [204],
  headers: Readonly<Record<string, string>> = {},
): Promise<Receiver> {
  const received: Received[] = [];
  const server = createServer((request, response) => {
    let body = '';
    request.setEncoding('utf8').on('data', (text: string) => {
      body += text;
    });
    request.on('end', () => {
      const fields = Object.entries(request.headers).map(([name, value]) => [name, String(value)]);
      const status =
        typeof answers === 'function' ? answers() : (answers[Math.min(received.length, answers.length - 1)] ?? 204);
      received.push({ headers: Object.fromEntries(fields), body });
      if (status > 0) response.writeHead(status, headers).end();
    });
  });
  const port = await listenOnLoopback(server);
  return {
    url: `http://127.0.0.1:${port}/hook/${WEBHOOK_PATH}`,
    port,
    received,
    async untilReceived(count) {
      await vi.waitUntil(() => received.length >= count, { timeout: 60_000, interval: 20 });
      return received;
    },
    verified: ({ body, headers: sent }) =>
      new Webhook(WEBHOOK_SECRET).verify(body, { ...sent }) as ReturnType<Receiver['verified']>,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}
