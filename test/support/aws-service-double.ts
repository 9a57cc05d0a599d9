import { createHash } from 'node:crypto';
import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer, request as forward } from 'node:http';
import { listenOnLoopback } from './loopback.ts';

/*
 * What the functions ask of AWS besides a source, on one port: SQS, EventBridge, Step Functions, Secrets Manager and
 * SSM are answered here, S3 is handed on to a double. Every request is kept as it was sent.
 */

interface SentRequest {
  /** S3's is the method; the others' is the target. */
  readonly action: string;
  readonly path: string;
  readonly text: string;
}

interface SentMessage {
  readonly queue: string;
  readonly body: string;
  readonly delaySeconds: number;
  readonly attributes: Attributes;
}

/** As SQS takes them. */
type Attributes = Readonly<Record<string, { readonly DataType: string; readonly StringValue: string }>>;

export interface AwsServiceDouble extends AsyncDisposable {
  readonly endpoint: string;
  readonly requests: readonly SentRequest[];
  /** By name; a parameter's begins with `/`. */
  readonly secrets: Map<string, string>;
  /** Actions that are refused, and with what. */
  readonly refusals: Map<string, string>;
  /** Gets each message, in the order of their coming. */
  onMessage: (message: SentMessage) => void;
}

interface Asked {
  readonly QueueUrl?: string;
  readonly Entries?: readonly {
    readonly Id?: string;
    readonly MessageBody?: string;
    readonly DelaySeconds?: number;
    readonly MessageAttributes?: Attributes;
  }[];
  readonly MessageBody?: string;
  readonly SecretId?: string;
  readonly Name?: string;
}

export async function startAwsServices(s3Endpoint: string): Promise<AwsServiceDouble> {
  const requests: SentRequest[] = [];
  const secrets = new Map<string, string>();
  const refusals = new Map<string, string>();

  function store(asked: Asked, body: string, delaySeconds = 0, attributes: Attributes = {}): object {
    double.onMessage({ queue: asked.QueueUrl?.split('/').at(-1) ?? '', body, delaySeconds, attributes });
    return { MessageId: 'm', MD5OfMessageBody: createHash('md5').update(body).digest('hex') };
  }

  function answer(action: string, asked: Asked): object {
    const { Entries = [], MessageBody = '', SecretId = '', Name = '' } = asked;
    switch (action) {
      case 'AmazonSQS.SendMessage':
        return store(asked, MessageBody);
      case 'AmazonSQS.SendMessageBatch':
        return {
          Successful: Entries.map((entry) => ({
            Id: entry.Id,
            ...store(asked, entry.MessageBody ?? '', entry.DelaySeconds, entry.MessageAttributes),
          })),
          Failed: [],
        };
      case 'AmazonSQS.ReceiveMessage':
        // Dead letters: there are none.
        return {};
      case 'AWSEvents.PutEvents':
        return { FailedEntryCount: 0, Entries: Entries.map(() => ({ EventId: 'e' })) };
      case 'secretsmanager.GetSecretValue':
        return { SecretString: secrets.get(SecretId) };
      case 'AmazonSSM.GetParameter':
        return { Parameter: { Value: secrets.get(Name) } };
      case 'AWSStepFunctions.SendTaskSuccess':
      case 'AWSStepFunctions.SendTaskFailure':
        return {};
      default:
        throw new Error(`this double does not know ${action}`);
    }
  }

  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const body = Buffer.concat(chunks);
    const { method = '', url: path = '', headers } = request;
    const target = headers['x-amz-target'];
    const action = typeof target === 'string' ? target : method;
    requests.push({ action, path, text: `${JSON.stringify(headers)}\n${body.toString('latin1')}` });
    const refusal = refusals.get(action);
    if (refusal !== undefined) {
      response.writeHead(400, { 'content-type': 'application/x-amz-json-1.0' });
      response.end(JSON.stringify({ __type: refusal, message: 'refused by the test' }));
      return;
    }
    if (typeof target === 'string') {
      response.writeHead(200, { 'content-type': 'application/x-amz-json-1.1' });
      response.end(JSON.stringify(answer(target, JSON.parse(body.toString()) as Asked)));
      return;
    }
    const onward = forward(`${s3Endpoint}${path}`, { method, headers, agent: false });
    onward.end(body);
    const [given] = (await once(onward, 'response')) as [IncomingMessage];
    response.writeHead(given.statusCode ?? 500, given.headers);
    given.pipe(response);
  }

  const server = createServer((request, response) => {
    serve(request, response).catch((error: unknown) => response.destroy(error as Error));
  });
  const port = await listenOnLoopback(server);
  const double: AwsServiceDouble = {
    endpoint: `http://127.0.0.1:${port}`,
    requests,
    secrets,
    refusals,
    onMessage() {},
    async [Symbol.asyncDispose]() {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
  return double;
}
