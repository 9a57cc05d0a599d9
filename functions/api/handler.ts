import type { APIGatewayProxyResult, LambdaContext, LambdaEvent } from 'hono/aws-lambda';
import { handle } from 'hono/aws-lambda';
import { createApi } from '../../lib/api/app.ts';
import { gatewayBasePath, gatewayOwner } from '../../lib/api/gateway.ts';
import { openAwsHome } from '../../lib/aws/home.ts';
import { sourceCheck } from '../../lib/aws/sources/source-guard.ts';

const { environment, ports, log, flush } = openAwsHome('api');
const serve = handle(
  createApi({
    ports,
    version: environment.version,
    allowedDestinations: environment.destinations,
    checkSource: sourceCheck(environment),
    ownerOf: (request) => gatewayOwner(request) ?? environment.defaultOwner,
    ...(environment.ownership === undefined ? {} : { ownership: environment.ownership }),
    basePathOf: gatewayBasePath,
    onFailure: (error, { req }) => log.failed('a request failed', error, { method: req.method, path: req.path }),
  }),
);

export async function handler(event: LambdaEvent, context: LambdaContext): Promise<APIGatewayProxyResult> {
  const answer = await serve(event, context);
  flush();
  return answer;
}
