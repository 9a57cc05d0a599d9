import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:http';
import { listenOnLoopback } from './loopback.ts';

export interface ServedApi extends AsyncDisposable {
  readonly url: string;
  readonly requests: readonly {
    readonly method: string;
    readonly url: string;
    readonly headers: Readonly<Record<string, string>>;
    readonly body: string;
  }[];
  /** Answers the next requests itself, one entry each; `cut` breaks the connection after the app has done its work. */
  readonly instead: (
    | 'cut'
    | { readonly status: number; readonly body?: string; readonly headers?: Record<string, string> }
  )[];
}

interface App {
  fetch(request: Request): Response | Promise<Response>;
}

/** An app behind a real HTTP server on loopback. */
export async function serveApi(app: App): Promise<ServedApi> {
  const requests: ServedApi['requests'][number][] = [];
  const instead: ServedApi['instead'] = [];

  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const body = Buffer.concat(chunks).toString();
    const method = request.method ?? 'GET';
    const headers = Object.fromEntries(Object.entries(request.headers).map(([name, value]) => [name, String(value)]));
    requests.push({ method, url: request.url ?? '', headers, body });
    const other = instead.shift();
    if (other !== undefined && other !== 'cut') {
      response.writeHead(other.status, other.headers ?? {}).end(other.body);
      return;
    }
    const path = (request.url ?? '').replace(/^\/prod(?=\/)/, '');
    const answer = await app.fetch(
      new Request(`http://api${path}`, { method, headers, ...(body === '' ? {} : { body }) }),
    );
    if (other === 'cut') {
      request.socket.destroy();
      return;
    }
    response.writeHead(answer.status, Object.fromEntries(answer.headers)).end(await answer.text());
  }

  const server = createServer(
    (request, response) => void serve(request, response).catch((error: unknown) => response.destroy(error as Error)),
  );
  const port = await listenOnLoopback(server);
  return {
    url: `http://127.0.0.1:${port}/prod`,
    requests,
    instead,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
