import type * as z from 'zod';

/** What is checked of a request before it is answered. A part that is not named is not looked at. */
export interface Taken {
  readonly query?: z.ZodType;
  readonly param?: z.ZodObject;
  readonly header?: z.ZodObject;
  /** The body. */
  readonly json?: z.ZodType;
}

/**
 * A path of the API as it is served. What is said of it to readers stands in `lib/api/document`, which is loaded when
 * the OpenAPI document is asked for: to make the schemas of all answers took a fifth of a function's cold start.
 */
export interface Route<T extends Taken = Taken, Answers extends object = object> {
  readonly method: 'get' | 'post' | 'patch';
  /** As OpenAPI writes it, such as `/v1/transfers/{id}`. */
  readonly path: string;
  /** Asked with each request: what few requests need is loaded here, once. */
  taken(): T | Promise<T>;
  /** A type only: what is answered, by status. `Response` = no JSON. */
  readonly answers?: Answers;
}

/** A path, with what it answers by status: `answering<{ 200: Transfer }>()({ method: 'get', … })`. */
export function answering<Answers extends object>() {
  return <const T extends Taken>(route: Route<T, Answers>): Route<T, Answers> => route;
}

/** Of a path that takes nothing. */
export const nothing = (): Taken => ({});
