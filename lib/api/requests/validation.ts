import type { z } from 'zod';
import { ApiError } from '../answers/problem.ts';
import { sentenceOf } from './own-words.ts';

type FieldError = NonNullable<ApiError['errors']>[number];
type Validated = { readonly target: string } & (
  | { readonly success: true }
  | { readonly success: false; readonly error: z.core.$ZodError }
);

/** A name that may be shown: a secret that was put in the place of a name is rarely one. */
const SHOWN = /^[A-Za-z0-9_-]{1,40}$/;

/** A name of the caller's, where it may be shown. */
export function shownName(name: string): string {
  return SHOWN.test(name) ? name : '…';
}

/** Names every field that is wrong, and shows no value of any: it may be a secret. */
export function onInvalid(result: Validated): void {
  if (result.success) return;
  const { target, error } = result;
  const errors = error.issues.flatMap((issue) => fieldErrors(target, issue));
  const first = errors[0];
  const more = errors.length > 1 ? `, and ${errors.length - 1} more` : '';
  throw new ApiError(
    'InvalidOption',
    first === undefined
      ? 'the request is not as it is to be'
      : `${first.pointer ?? first.parameter ?? first.header}: ${first.detail}${more}`,
    { errors },
  );
}

function fieldErrors(target: string, issue: z.core.$ZodIssue): readonly FieldError[] {
  const meant = issue.code === 'invalid_union' ? meantBy(issue) : undefined;
  if (meant !== undefined)
    return meant.flatMap((inner) => fieldErrors(target, { ...inner, path: [...issue.path, ...inner.path] }));
  const path = issue.path.map((part) => (typeof part === 'number' ? String(part) : shownName(String(part))));
  if (issue.code !== 'unrecognized_keys') return [place(target, path, detailOf(issue))];
  return issue.keys.map((key) => place(target, [...path, shownName(key)], 'is not known here'));
}

/** What is wrong with it as that of its kinds whose type it has; `undefined` = it has the type of none. */
function meantBy({ errors }: z.core.$ZodIssueInvalidUnion): readonly z.core.$ZodIssue[] | undefined {
  return errors.find((issues) => !issues.some(({ code, path }) => code === 'invalid_type' && path.length === 0));
}

/** zod's own sentences for keys quote them. */
function detailOf(issue: z.core.$ZodIssue): string {
  if (issue.code === 'invalid_key') return issue.issues[0] === undefined ? 'is no name' : sentenceOf(issue.issues[0]);
  return sentenceOf(issue);
}

function place(target: string, path: readonly string[], detail: string): FieldError {
  switch (target) {
    case 'json':
      return { pointer: `#${path.map((part) => `/${part}`).join('')}`, detail };
    case 'header':
      return { header: path.join('.'), detail };
    default:
      return { parameter: path.join('.'), detail };
  }
}
