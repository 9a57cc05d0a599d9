import type { Context, Hono, MiddlewareHandler, TypedResponse } from 'hono';
import type { StatusCode } from 'hono/utils/http-status';
import type { JSONParsed } from 'hono/utils/types';
import type * as z from 'zod';
import type { ApiEnv } from '../deps.ts';
import { onInvalid } from '../requests/validation.ts';
import type { Route, Taken } from './route.ts';

type Checked<T extends Taken> = { [Part in keyof T]: z.output<NonNullable<T[Part]>> };

type Answer<Answers> = {
  [Status in keyof Answers & StatusCode]: Answers[Status] extends Response
    ? Response
    : TypedResponse<JSONParsed<Answers[Status]>, Status, 'json'>;
}[keyof Answers & StatusCode];

type Handler<T extends Taken, Answers extends object> = (
  context: Context<ApiEnv, string, { in: Checked<T>; out: Checked<T> }>,
) => Answer<Answers> | Promise<Answer<Answers>>;

/** Serves a path. The handler gets what was checked by `context.req.valid`. */
export type Serve = <T extends Taken, Answers extends object>(
  route: Route<T, Answers>,
  handler: Handler<T, Answers>,
) => void;

/** @param served gets each path that is served, in their order */
export function serveOn(app: Hono<ApiEnv>, served: Route[]): Serve {
  return (route, handler) => {
    served.push(route);
    const path = route.path.replaceAll(/\{(\w+)\}/g, ':$1');
    app.on(route.method, path, checked(route), handler as never);
  };
}

/** In this order: a caller learns of what is wrong in the first part that has anything wrong. */
const PARTS = ['query', 'param', 'header', 'json'] as const;
type Part = (typeof PARTS)[number];

/** @throws ApiError `InvalidOption`, which names each field that is wrong. */
function checked(route: Pick<Route, 'taken'>): MiddlewareHandler {
  return async (context, next) => {
    const taken = await route.taken();
    for (const target of PARTS) {
      const schema = taken[target];
      if (schema === undefined) continue;
      const result = schema.safeParse(await READ[target](context));
      onInvalid({ target, ...result });
      context.req.addValidatedData(target, result.data as object);
    }
    await next();
  };
}

const READ: Readonly<Record<Part, (context: Context) => unknown>> = {
  query: ({ req }) =>
    Object.fromEntries(Object.entries(req.queries()).map(([name, all]) => [name, all.length === 1 ? all[0] : all])),
  param: ({ req }) => req.param(),
  header: ({ req }) => req.header(),
  // Whether it is JSON, `jsonBodies` has seen; without a type there is none.
  json: ({ req }) => (req.header('content-type') === undefined ? {} : req.json()),
};
