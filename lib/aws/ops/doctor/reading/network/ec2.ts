import { connectTo } from '../../../../../api/client/connections.ts';
import { awsSigner, regionFor } from '../../../../../api/client/sign.ts';
import { onService } from '../../../on-service.ts';
import type { Element } from './elements.ts';
import { allNamed, elementsOf, textOf } from './elements.ts';

const ANSWER_MS = 30_000;
const VERSION = '2016-11-15';

/** Asks EC2, in the caller's own name. @throws PieceworkError `HomeRefused`, `HomeUnavailable`. */
export type AskEc2 = (action: string, parameters: Readonly<Record<string, string>>) => Promise<Element>;

/**
 * Signed calls of EC2's query API. For three of them the SDK's client, the largest of all with its 700 operations,
 * would be much.
 * https://docs.aws.amazon.com/AWSEC2/latest/APIReference/making-api-requests.html
 */
export function ec2(signal: AbortSignal, environment: NodeJS.ProcessEnv = process.env): AskEc2 {
  return async (action, parameters) => {
    const region = await regionFor(undefined, {});
    const url = endpointOf(region, environment);
    const body = new URLSearchParams({ Action: action, Version: VERSION, ...parameters }).toString();
    const headers = { 'content-type': 'application/x-www-form-urlencoded; charset=utf-8' };
    const signed = await awsSigner('ec2', { region })({ method: 'POST', url, headers, body });
    return await onService('the network', `ec2:${action}`, async () => {
      const { dispatcher, request } = connectTo(url.origin);
      try {
        const late = AbortSignal.timeout(ANSWER_MS);
        const answer = await request(url, {
          method: 'POST',
          headers: signed,
          body,
          dispatcher,
          signal: AbortSignal.any([signal, late]),
        });
        const text = await answer.body.text();
        if (answer.statusCode === 200) return elementsOf(text);
        throw asServiceFailure(answer.statusCode, text);
      } finally {
        await dispatcher.close();
      }
    });
  };
}

function endpointOf(region: string, environment: NodeJS.ProcessEnv): URL {
  const given = environment['AWS_ENDPOINT_URL_EC2'] || environment['AWS_ENDPOINT_URL'];
  return new URL(given || `https://ec2.${region}.amazonaws.com${region.startsWith('cn-') ? '.cn' : ''}/`);
}

/** In the form that failures of the SDK have. */
function asServiceFailure(httpStatusCode: number, text: string): Error {
  const failure = new Error('EC2 refused the call');
  // A stand-in may answer in another form.
  const [code] = /^\s*</.test(text) ? allNamed(elementsOf(text), 'Code').map(textOf) : [];
  failure.name = code ?? 'UnknownError';
  return Object.assign(failure, { $metadata: { httpStatusCode } });
}
