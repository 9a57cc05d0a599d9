import * as z from 'zod';
import { checkWebhook } from '../../transfer/hooks.ts';
import { makeDescribable } from './describable.ts';

makeDescribable();

/** Who is notified of the end: docs/events.md says what they get. */
export const notifySchema = z
  .strictObject({
    url: z.string().min(1).max(8192).openapi({
      description: 'Gets a POST at the end. Its host is shown, and nothing else of it is.',
      example: 'https://hooks.example/piecework',
    }),
    secret: z.string().min(1).max(4096).openapi({
      description:
        'Signs it, as Standard Webhooks says: `whsec_` and base64 of 24 to 64 bytes; or `secret://name`, which is looked up when it is sent.',
    }),
  })
  .superRefine((webhook, context) => {
    try {
      checkWebhook(webhook);
    } catch (error) {
      context.addIssue({ code: 'custom', message: error instanceof Error ? error.message : '' });
    }
  })
  .openapi('Notify', {
    description: 'A webhook that hears of the end. Default: the one of the deployment or server, where it has one.',
  });

export const taskTokenSchema = z.string().min(1).max(2048).openapi({
  description:
    'Of a Step Functions task (`.waitForTaskToken`): it succeeds or fails with the end. Only where the deployment allows it (`taskTokens`).',
});

/** What is shown of both. */
export const shownHooksSchema = z
  .object({
    webhook: z.string().optional().openapi({ description: 'Its host.' }),
    taskToken: z.literal(true).optional(),
  })
  .openapi('Notified', { description: 'Who is notified of the end.' });
