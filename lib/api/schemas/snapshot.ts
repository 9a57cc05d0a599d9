import * as z from 'zod';
import { makeDescribable } from './describable.ts';

makeDescribable();

/** Fields whose text is the server's own: it is shown as text, whatever stands in it. */
export const snapshotSchema = z
  .object({
    host: z.string().optional().openapi({ description: 'That answered in the end. Absent where the source has none.' }),
    redirectHosts: z
      .array(z.string())
      .optional()
      .openapi({ description: 'Where redirects led: the hosts that were asked, in turn. Absent = there were none.' }),
    sizeBytes: z.int().optional(),
    ranges: z.boolean().openapi({ description: 'It serves ranges, so that pieces can be fetched side by side.' }),
    validator: z
      .object({
        kind: z.enum(['strong', 'weak', 'date', 'none']),
        value: z.string().optional().openapi({ description: 'ETag, or the date of the last change.' }),
      })
      .openapi({ description: 'What tells its versions apart; only `strong` proves equality byte by byte.' }),
    contentType: z.string().optional(),
    contentEncoding: z.string().optional(),
    modifiedAt: z.string().optional().openapi({ description: 'ISO 8601.' }),
    name: z.string().optional().openapi({ description: 'What it is called, made safe for any file system.' }),
    unprovedEnd: z
      .enum(['connection', 'pipe'])
      .optional()
      .openapi({ description: 'What marks its end where nothing proves it.' }),
    digests: z.record(z.string(), z.string()).openapi({ description: 'That it publishes itself, hexadecimal.' }),
  })
  .openapi('Snapshot', { description: 'The source as the server answered.' });

export type SnapshotView = z.infer<typeof snapshotSchema>;
