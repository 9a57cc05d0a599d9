import * as z from 'zod';
import { MOST_METADATA_BYTES, metadataBytes } from '../../transfer/object-headers.ts';
import { makeDescribable } from './describable.ts';

makeDescribable();

const pairs = (most: number, nameLength: number, valueLength: number, what: string) =>
  z
    .record(z.string().min(1).max(nameLength), z.string().max(valueLength))
    .refine((all) => Object.keys(all).length <= most, `has more than ${most} ${what}`);

export const objectSchema = z
  .strictObject({
    contentType: z
      .string()
      .max(256)
      .regex(/^[\w!#$&^.+-]+\/[\w!#$&^.+-]+(\s*;[\x20-\x7e]*)?$/, 'is no media type')
      .optional()
      .openapi({ description: "Default: the source's." }),
    storageClass: z
      .string()
      .regex(/^[A-Z0-9_]{1,64}$/, 'is no storage class')
      .optional()
      .openapi({ description: 'Such as `STANDARD_IA`.' }),
    encryption: z
      .discriminatedUnion('kind', [
        z.strictObject({ kind: z.literal('s3') }),
        z.strictObject({ kind: z.literal('kms'), keyId: z.string().min(1).max(2048).optional() }),
      ])
      .optional()
      .openapi({ description: "By the store: with its own key (`s3`), or with KMS. Default: the bucket's." }),
    acl: z
      .string()
      .regex(/^[a-z-]{1,64}$/, 'is no canned ACL')
      .optional()
      .openapi({ description: 'A canned ACL such as `bucket-owner-full-control`.' }),
    tags: pairs(10, 128, 256, 'tags')
      .optional()
      .openapi({ description: 'At most 10, without control characters. Names that begin with `aws:` are kept.' }),
    metadata: pairs(64, 128, 2048, 'entries')
      .refine((all) => metadataBytes(all) <= MOST_METADATA_BYTES, 'has more than 1,024 bytes of names and values')
      .optional()
      .openapi({
        description:
          'Printable ASCII. At most 1,024 bytes of names and values together; the rest of what S3 takes holds what Piecework knows its objects by. Names that begin with `piecework-` are kept.',
      }),
  })
  .openapi('ObjectSettings');
