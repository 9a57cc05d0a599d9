import { connectTo } from '../../lib/api/client/connections.ts';
import { awsSigner, regionFor } from '../../lib/api/client/sign.ts';
import { PieceworkError } from '../../lib/errors/error.ts';
import type { Context } from '../context.ts';

const OUTPUT = 'ApiUrl';
const ANSWER_MS = 30_000;

/**
 * The API of a deployment by its stack: one signed call of CloudFormation's DescribeStacks. For that the SDK's client,
 * with its hundred operations, would be much.
 * https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_DescribeStacks.html
 * @throws PieceworkError `InvalidOption` when there is no such stack or output, `NotAuthorized`, `ApiUnreachable`.
 */
export async function apiUrlOfStack(
  stack: string,
  { environment, signal }: Pick<Context, 'environment' | 'signal'>,
): Promise<string> {
  const region = await regionFor(undefined, {});
  const url = endpointOf(region, environment);
  const body = new URLSearchParams({ Action: 'DescribeStacks', Version: '2010-05-15', StackName: stack }).toString();
  const unsigned = {
    method: 'POST',
    url,
    headers: { 'content-type': 'application/x-www-form-urlencoded; charset=utf-8' },
    body,
  } as const;
  const headers = await awsSigner('cloudformation', { region })(unsigned);
  const { status, text } = await send(url, headers, body, signal);
  if (status !== 200) throw refusal(stack, region, status, text);
  return outputOf(stack, text);
}

function endpointOf(region: string, environment: NodeJS.ProcessEnv): URL {
  const given = environment['AWS_ENDPOINT_URL_CLOUDFORMATION'] || environment['AWS_ENDPOINT_URL'];
  return new URL(given || `https://cloudformation.${region}.amazonaws.com${region.startsWith('cn-') ? '.cn' : ''}/`);
}

async function send(
  url: URL,
  headers: Record<string, string>,
  body: string,
  signal: AbortSignal,
): Promise<{ readonly status: number; readonly text: string }> {
  const { dispatcher, request } = connectTo(url.origin);
  try {
    const answer = await request(url, {
      method: 'POST',
      headers,
      body,
      dispatcher,
      signal: AbortSignal.any([signal, AbortSignal.timeout(ANSWER_MS)]),
    });
    return { status: answer.statusCode, text: await answer.body.text() };
  } catch (cause) {
    if (signal.aborted) throw new PieceworkError('Interrupted', 'interrupted', { cause });
    throw new PieceworkError(
      'ApiUnreachable',
      `CloudFormation at ${url.origin} does not answer; check AWS_REGION and the network`,
      { cause },
    );
  } finally {
    await dispatcher.close();
  }
}

function refusal(stack: string, region: string, status: number, text: string): PieceworkError {
  const code = elementOf(text, 'Code') ?? '';
  if (code === 'ValidationError')
    return new PieceworkError(
      'InvalidOption',
      `--stack: there is no stack "${stack}" in ${region}; check the name and AWS_REGION`,
    );
  if (status === 403 || status === 401) {
    return new PieceworkError(
      'NotAuthorized',
      `CloudFormation refuses to show the stack "${stack}" (${code || status}); the right cloudformation:DescribeStacks is needed, or give --api URL`,
    );
  }
  return new PieceworkError(
    'ApiUnreachable',
    `CloudFormation failed (${code || status}); try later, or give --api URL`,
  );
}

/** The construct's own name stands before `ApiUrl`. */
function outputOf(stack: string, text: string): string {
  const outputs = [...text.matchAll(/<OutputKey>([^<]*)<\/OutputKey>\s*<OutputValue>([^<]*)<\/OutputValue>/g)].filter(
    ([, key = '']) => key.endsWith(OUTPUT),
  );
  const [first, ...others] = outputs.map(([, key = '', value = '']) => ({ key, value: unescaped(value) }));
  if (first === undefined)
    throw new PieceworkError(
      'InvalidOption',
      `--stack: the stack "${stack}" has no output …${OUTPUT}, so it holds no Piecework; check the name`,
    );
  if (others.length > 0) {
    const names = [first, ...others].map(({ key, value }) => `${key} (${value})`).join(', ');
    throw new PieceworkError(
      'InvalidOption',
      `--stack: the stack "${stack}" holds several deployments: ${names}; give one of them with --api`,
    );
  }
  return first.value;
}

function elementOf(xml: string, name: string): string | undefined {
  return new RegExp(`<${name}>([^<]*)</${name}>`).exec(xml)?.[1];
}

function unescaped(text: string): string {
  return text
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&quot;', '"')
    .replaceAll('&apos;', "'")
    .replaceAll('&amp;', '&');
}
