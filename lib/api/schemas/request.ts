import * as z from 'zod';
import { makeDescribable } from './describable.ts';
import { destinationSchema } from './destination.ts';
import { notifySchema, taskTokenSchema } from './hooks.ts';
import { labelsSchema } from './labels.ts';
import { objectSchema } from './object.ts';
import { optionsSchema } from './options.ts';
import { sourceSchema } from './source.ts';
import { goOnSchema, pausedSchema, prioritySchema } from './standing.ts';

makeDescribable();

/*
 * What the API takes. Everything is strict: an unknown field is a misspelt one more often than a harmless one.
 * Descriptions end up in the OpenAPI document and in docs/api.md.
 */

export const submitSchema = z
  .strictObject({
    source: sourceSchema,
    destination: destinationSchema,
    object: objectSchema.optional(),
    options: optionsSchema.optional(),
    notify: notifySchema.optional(),
    taskToken: taskTokenSchema.optional(),
    labels: labelsSchema.optional().openapi({
      description:
        'Names and values of yours, at most 16: lists can be asked for them, and events have them. They are shown to all who may see the transfer.',
    }),
    priority: prioritySchema.optional(),
    paused: pausedSchema.optional(),
    goOn: goOnSchema.optional(),
  })
  .openapi('SubmitRequest');

export const retrySchema = z
  .strictObject({
    source: sourceSchema.optional().openapi({
      description: 'The source given again, as with a newly signed link. Default: what was given at the submit.',
    }),
  })
  .openapi('RetryRequest');

export type SubmitRequest = z.input<typeof submitSchema>;
export type SubmitBody = z.output<typeof submitSchema>;
