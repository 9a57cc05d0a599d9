import type { APIGatewayProxyResult, LambdaContext, LambdaEvent } from 'hono/aws-lambda';
import { handle } from 'hono/aws-lambda';
import { waitPlaces } from '../../lib/api/answers/wait-places.ts';
import { createApi } from '../../lib/api/app.ts';
import {
  gatewayBasePath,
  gatewayOwner,
  gatewayRequestId,
  unreadRequest,
  withoutIdleBody,
} from '../../lib/api/gateway.ts';
import { allowedOnly } from '../../lib/api/requests/destinations.ts';
import type { AwsHome } from '../../lib/aws/home.ts';
import { openAwsHome } from '../../lib/aws/home.ts';
import { awsDryRuns } from '../../lib/aws/looks/dry-runs.ts';
import { reportLinks } from '../../lib/aws/report-link.ts';
import type { SubmitChecks } from '../../lib/aws/sources/submit-checks.ts';
import { requestSpan, unreadRequestSpan } from '../../lib/aws/tracing/request-span.ts';
import { tracedHome } from '../../lib/aws/tracing/traced-home.ts';
import { openTracing } from '../tracing/open.ts';

const opening = tracedHome(openAwsHome('api'), openTracing).then(open);

export async function handler(event: LambdaEvent, context: LambdaContext): Promise<APIGatewayProxyResult> {
  const { answer } = await opening;
  return await answer(event, context);
}

function open({ environment, ports, log, meter, tracing, flush }: AwsHome) {
  const traceOf = () => tracing?.current();
  // Few requests are submits: no function begins with what only they need.
  let loading: Promise<SubmitChecks> | undefined;
  const checks = (): Promise<SubmitChecks> => {
    loading ??= import('../../lib/aws/sources/submit-checks.ts').then((read) => read.submitChecks(environment));
    return loading;
  };
  const locate = allowedOnly(environment.destinations);
  /** A function has one request at a time. */
  let isLogged = false;
  const serve = handle(
    createApi({
      ports,
      version: environment.version,
      locate,
      checkSource: async (...args) => await (await checks()).checkSource(...args),
      checkHooks: async (...args) => await (await checks()).checkHooks(...args),
      ownerOf: (request) => gatewayOwner(request, environment.apiKeyNames) ?? environment.defaultOwner,
      ...(environment.ownership === undefined ? {} : { ownership: environment.ownership }),
      ...(environment.workers === undefined ? {} : { workers: environment.workers }),
      waits: waitPlaces(ports, environment.maxWaiting),
      // Where no request may wait, none can be made of the planner.
      ...(environment.maxWaiting === 0
        ? {}
        : { dryRuns: awsDryRuns({ locate, functionName: environment.plannerFunction, traceOf }) }),
      reportLink: reportLinks(),
      basePathOf: gatewayBasePath,
      requestIdOf: gatewayRequestId,
      traceOf,
      onAnswered(request, failure) {
        isLogged = true;
        tracing?.note(requestSpan(request));
        log.request({ ...request }, failure);
      },
    }),
  );
  return {
    async answer(event: LambdaEvent, context: LambdaContext): Promise<APIGatewayProxyResult> {
      isLogged = false;
      const run = meter.run({ functionRuns: 1, apiRequests: 1 });
      const work = () => run.work(undefined, 1, () => serve(withoutIdleBody(event), context));
      const answer = await (tracing === undefined ? work() : tracing.during(unreadRequestSpan(event.headers), work));
      // What no request can be made of, the adapter refuses by itself.
      if (!isLogged) log.request({ ...unreadRequest(event, answer.statusCode, environment.apiKeyNames) });
      flush();
      await tracing?.flush();
      return answer;
    },
  };
}
