import type { ResponseConfig, RouteConfig } from '@asteasolutions/zod-to-openapi';
import type * as z from 'zod';
import type { Route, Taken } from '../routing/route.ts';
import { ANSWER_HEADERS, PROBLEM_HEADERS } from '../schemas/headers.ts';
import { problemSchema } from '../schemas/transfer.ts';

/** What the OpenAPI document says of a path, beside what the path takes. */
export type Description = Readonly<Pick<RouteConfig, 'operationId' | 'summary' | 'description' | 'responses'>> & {
  /** Whether there must be one, of a path that takes one. @default true */
  readonly bodyRequired?: boolean;
};

export type Described = readonly [Route, Description];

type Responses<Answers> = {
  [Status in keyof Answers]: Answers[Status] extends Response
    ? ResponseConfig
    : ResponseConfig & {
        readonly content: { readonly 'application/json': { readonly schema: z.ZodType<Answers[Status]> } };
      };
};

/** Each answer that the path may give must be there, with a schema of its type. */
export function describe<T extends Taken, Answers extends object>(
  route: Route<T, Answers>,
  said: Omit<Description, 'responses'> & { readonly responses: Responses<Answers> & Description['responses'] },
): Described {
  return [route, said];
}

export const json = <T extends z.ZodType>(schema: T, description: string) =>
  ({ description, content: { 'application/json': { schema } }, headers: ANSWER_HEADERS }) as const;

const PROBLEMS = {
  400: 'The request is wrong; `errors` names each field.',
  403: 'The caller is not known, or may not do this: `NotOwner` where only the owner of the transfer or batch may.',
  404: 'There is no such transfer or batch, or the caller may not see it.',
  409: 'The state of the transfer or batch, or an idempotency key that was used for another body, stands against it.',
  413: 'The body has more than 64 KiB; of a batch, more than 4 MiB.',
  422: 'Well-formed, and refused by the rules of this deployment or the limits of the store: source or destination not allowed, size beyond limits, settings that no header carries (`errors` names each). Of a dry run also what would end the transfer, such as `SourceNotFound`.',
  429: 'Too much is asked at once; `Retry-After` says when to come again.',
  500: 'This deployment has a problem of its own; its operator finds it in the log, by `requestId`.',
  503: 'A service behind the API does not answer, or the API is shutting down; `Retry-After` says when to come again.',
} as const;

/** What any request may be answered with. */
export const ALWAYS = [429, 500, 503] as const;

export function problems<const Status extends Exclude<keyof typeof PROBLEMS, (typeof ALWAYS)[number]>>(
  ...statuses: readonly Status[]
) {
  const problem = (status: keyof typeof PROBLEMS) => ({
    description: PROBLEMS[status],
    content: { 'application/problem+json': { schema: problemSchema } },
    headers: PROBLEM_HEADERS,
  });
  return Object.fromEntries([...statuses, ...ALWAYS].map((status) => [status, problem(status)])) as {
    [Key in Status | (typeof ALWAYS)[number]]: ReturnType<typeof problem>;
  };
}
