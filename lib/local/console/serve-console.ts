import { randomBytes } from 'node:crypto';
import type { ClientAuth } from '../../api/client/authorizer.ts';
import { addressOf, authorityOf, namesOf } from '../server/address.ts';
import { gate } from '../server/gate.ts';
import type { Answer } from '../server/listener.ts';
import { listen } from '../server/listener.ts';
import { openPage } from '../server/page.ts';
import { openForwarder } from './forward.ts';

interface ConsoleOptions {
  /** Of the deployment; what stands before `/v1`. */
  readonly apiUrl: string;
  readonly auth: ClientAuth;
  /** `HOST:PORT` of this machine's loopback. @default one that the system chooses */
  readonly listen?: string;
  /** Called once it listens. The token is of this process, and new each time. */
  readonly onListening: (page: { readonly url: string; readonly token: string }) => void;
}

const TOKEN_BYTES = 32;

/**
 * Serves the page on loopback until the signal is aborted, and sends its requests on to a deployment, signed with the
 * user's own credentials. The gate before it is that of the server: its token, `Host`, `Origin`.
 * @throws PieceworkError `AddressInUse`, `InvalidOption`.
 */
export async function serveConsole(options: ConsoleOptions, signal: AbortSignal): Promise<void> {
  const address = addressOf({ listen: options.listen ?? '127.0.0.1:0' });
  const token = randomBytes(TOKEN_BYTES).toString('base64url');
  await using forwarder = openForwarder(options.apiUrl, options.auth);
  const page = await openPage();
  let answer: Answer = () => new Response(null, { status: 503 });
  await using listener = await listen(address, undefined, (request) => answer(request));
  const letIn = gate({ token, scheme: 'http', names: namesOf(address, listener.port, []) });
  answer = (request) => page(request) ?? letIn(request) ?? forwarder.forward(request);
  const host = address.kind === 'port' ? address.host : 'localhost';
  options.onListening({ url: `http://${authorityOf(host, listener.port)}`, token });
  if (signal.aborted) return;
  await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
}
