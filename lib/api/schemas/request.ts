import { z } from '@hono/zod-openapi';
import { DIGEST_HEX_LENGTH } from '../../transfer/digests.ts';
import { HOST_FINGERPRINT } from '../../transfer/locators.ts';
import { DEFAULT_OPTIONS } from '../../transfer/request.ts';
import { FIELD_VALUE } from '../../values/http-fields.ts';

/*
 * What the API takes. Everything is strict: an unknown field is a misspelt one more often than a harmless one.
 * Descriptions end up in the OpenAPI document and in docs/api.md.
 */

const WEEK_MS = 7 * 86_400_000;

const HEADER_NAME = /^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,128}$/;

const REGION = /^[a-z0-9-]{1,40}$/;

const secret = z.string().min(1).max(4096);
const REFERENCE = '`secret://name`, `secret://ssm/name` or `secret://name#field` is looked up when the source is asked';

const authSchema = z
  .discriminatedUnion('kind', [
    z.strictObject({ kind: z.literal('basic'), user: z.string().max(1024), password: z.string().max(4096) }),
    z.strictObject({ kind: z.literal('bearer'), token: secret }),
    z.strictObject({
      kind: z.literal('key'),
      user: z.string().min(1).max(1024).optional(),
      privateKey: z.string().min(1).max(32_768),
      passphrase: secret.optional(),
    }),
    z.strictObject({
      kind: z.literal('aws'),
      accessKeyId: secret,
      secretAccessKey: secret,
      sessionToken: z.string().min(1).max(8192).optional(),
    }),
  ])
  .openapi({
    description: `Credentials: user and password (HTTP, FTP, SFTP), a bearer token (HTTP), a private key (SFTP; the text of its file), or keys of AWS (S3). Each value may be a reference: ${REFERENCE}.`,
  });

const storeSchema = z
  .strictObject({
    endpoint: z
      .string()
      .max(2048)
      .refine(isEndpoint, 'is no URL of a store: http: or https:, without user, password and query')
      .optional()
      .openapi({ description: 'Of an S3-compatible store. Default: AWS.' }),
    region: z.string().regex(REGION, 'is no region').optional().openapi({ description: "Default: the bucket's." }),
    pathStyle: z
      .boolean()
      .optional()
      .openapi({ description: 'The bucket stands in the path. Default: true with an endpoint, else false.' }),
  })
  .openapi('SourceStore');

function isEndpoint(text: string): boolean {
  const url = URL.parse(text);
  return (
    url !== null &&
    /^https?:$/.test(url.protocol) &&
    url.username === '' &&
    url.password === '' &&
    url.search === '' &&
    url.hash === ''
  );
}

export const sourceSchema = z
  .strictObject({
    url: z.string().min(1).max(8192).openapi({
      description: 'Where the bytes are. Query, user and password are treated as secrets.',
      example: 'https://host.example/disk.iso',
    }),
    headers: z
      .record(
        z.string().regex(HEADER_NAME, 'is no header name'),
        z.string().max(8192).regex(FIELD_VALUE, 'has line breaks or characters that a header cannot carry'),
      )
      .refine((headers) => Object.keys(headers).length <= 50, 'has more than 50 headers')
      .optional()
      .openapi({
        description: `Request headers, sent to the URL's own origin only. A value may be a reference: ${REFERENCE}.`,
      }),
    auth: authSchema.optional(),
    maxRedirects: z.int().min(0).max(50).optional().openapi({ description: 'Redirects followed at most. Default: 5.' }),
    allowInsecureRedirect: z
      .boolean()
      .optional()
      .openapi({ description: 'Follow a redirect from `https:` to `http:`. Default: false.' }),
    hostFingerprint: z
      .string()
      .regex(HOST_FINGERPRINT, 'is not SHA256: and 43 characters, as ssh-keygen -lf prints it')
      .optional()
      .openapi({ description: '`sftp:` the key that the server must have, as `SHA256:…`.' }),
    store: storeSchema.optional().openapi({ description: '`s3:` where the bucket is.' }),
  })
  .openapi('Source');

const destinationSchema = z
  .strictObject({
    bucket: z
      .string()
      .regex(/^[A-Za-z0-9][A-Za-z0-9._-]{1,253}[A-Za-z0-9]$/, 'is no name of a bucket')
      .openapi({ description: 'A bucket that this deployment may write to.', example: 'my-bucket' }),
    key: z
      .string()
      .min(1)
      .superRefine((key, context) => {
        const problem = keyProblem(key);
        if (problem !== undefined) context.addIssue(problem);
      })
      .openapi({
        description: 'The whole key of the object: at most 1,024 bytes of UTF-8, not ending in `/`.',
        example: 'images/disk.iso',
      }),
    region: z
      .string()
      .regex(REGION, 'is no region')
      .optional()
      .openapi({ description: 'Only one that the deployment allows for this bucket.' }),
    endpoint: z
      .string()
      .max(2048)
      .optional()
      .openapi({ description: 'Only one that the deployment allows for this bucket.' }),
  })
  .openapi('Destination');

/** What S3 would refuse, or clients and stores would file under another name. */
function keyProblem(key: string): string | undefined {
  const bytes = Buffer.byteLength(key);
  if (bytes > 1024) return `has ${bytes} bytes, and S3 takes at most 1,024`;
  if (!key.isWellFormed()) return 'is not valid Unicode';
  // biome-ignore lint/suspicious/noControlCharactersInRegex: it is they that are looked for
  if (/[\x00-\x1f\x7f]/.test(key)) return 'has a control character in it';
  if (key.endsWith('/')) return 'ends in "/", which names a folder; add the name of the object';
  if (key.split('/').some((segment) => segment === '.' || segment === '..'))
    return 'has "." or ".." between slashes, which clients resolve to another key';
  return undefined;
}

const pairs = (most: number, nameLength: number, valueLength: number, what: string) =>
  z
    .record(z.string().min(1).max(nameLength), z.string().max(valueLength))
    .refine((all) => Object.keys(all).length <= most, `has more than ${most} ${what}`);

const objectSchema = z
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
    tags: pairs(10, 128, 256, 'tags').optional().openapi({ description: 'At most 10.' }),
    metadata: pairs(64, 128, 2048, 'entries')
      .refine(
        (all) => Object.entries(all).reduce((sum, [name, value]) => sum + Buffer.byteLength(name + value), 0) <= 1024,
        'has more than 1,024 bytes of names and values',
      )
      .optional()
      .openapi({
        description:
          'At most 1,024 bytes of names and values together; the rest of what S3 takes holds what Piecework knows its objects by.',
      }),
  })
  .openapi('ObjectSettings');

const digest = (length: number) =>
  z
    .string()
    .regex(new RegExp(`^[0-9A-Fa-f]{${length}}$`), `is not ${length} hexadecimal digits`)
    .transform((hex) => hex.toLowerCase())
    .optional();

const expectSchema = z
  .strictObject({
    sizeBytes: z.int().min(0).optional(),
    contentType: z
      .string()
      .regex(/^[\w!#$&^.+-]+\/([\w!#$&^.+-]+|\*)$/, 'is no media type such as image/png or image/*')
      .optional()
      .openapi({ description: 'A media type, `image/png` or `image/*`.' }),
    digests: z
      .strictObject({
        sha256: digest(DIGEST_HEX_LENGTH.sha256),
        sha512: digest(DIGEST_HEX_LENGTH.sha512),
        sha1: digest(DIGEST_HEX_LENGTH.sha1),
        md5: digest(DIGEST_HEX_LENGTH.md5),
        crc32: digest(DIGEST_HEX_LENGTH.crc32),
      })
      .optional()
      .openapi({ description: 'Hexadecimal. Proved before the object is visible.' }),
  })
  .openapi('Expectations');

const optionsSchema = z
  .strictObject({
    parallelism: z
      .int()
      .min(1)
      .max(256)
      .optional()
      .openapi({ description: `Pieces in flight. Default: ${DEFAULT_OPTIONS.parallelism}.` }),
    pieceSizeBytes: z
      .int()
      .min(1)
      .optional()
      .openapi({ description: 'Within the limits of the destination. Default: by size and destination.' }),
    maxFailures: z
      .int()
      .min(1)
      .max(100)
      .optional()
      .openapi({
        description: `Failures of one piece before the transfer fails; waiting at the source's wish is none. Default: ${DEFAULT_OPTIONS.maxFailures}.`,
      }),
    ifExists: z
      .enum(['replace', 'fail', 'if-changed'])
      .optional()
      .openapi({
        description: `If the object exists: \`replace\`, \`fail\`, or \`if-changed\` (replace when the source is another version). Default: \`${DEFAULT_OPTIONS.ifExists}\`.`,
      }),
    onSourceChange: z
      .enum(['fail', 'restart'])
      .optional()
      .openapi({
        description: `If the source changes under way: \`fail\`, or \`restart\` (once). Default: \`${DEFAULT_OPTIONS.onSourceChange}\`.`,
      }),
    serverSideCopy: z
      .enum(['auto', 'always', 'never'])
      .optional()
      .openapi({
        description: `Whether a store copies an object of its own by itself: \`auto\` (where it can), \`always\` (or fail), \`never\`. Default: \`${DEFAULT_OPTIONS.serverSideCopy}\`.`,
      }),
    deadlineMs: z
      .int()
      .min(1000)
      .max(WEEK_MS)
      .optional()
      .openapi({
        description: `From submit or retry to the end, at most a week. Default: ${DEFAULT_OPTIONS.deadlineMs} (24 hours).`,
      }),
    holdMs: z
      .int()
      .min(0)
      .max(WEEK_MS)
      .optional()
      .openapi({
        description: `How long the pieces of a failed transfer are kept for a retry; 0 = not at all. Default: ${DEFAULT_OPTIONS.holdMs} (one hour).`,
      }),
    expect: expectSchema.optional(),
  })
  .openapi('TransferOptions');

export const submitSchema = z
  .strictObject({
    source: sourceSchema,
    destination: destinationSchema,
    object: objectSchema.optional(),
    options: optionsSchema.optional(),
  })
  .openapi('SubmitRequest');

export const retrySchema = z
  .strictObject({
    source: sourceSchema.optional().openapi({
      description: 'The source given again, as with a newly signed link. Default: what was given at the submit.',
    }),
  })
  .openapi('RetryRequest');

export const STATUSES = [
  'accepted',
  'planning',
  'transferring',
  'finalizing',
  'completed',
  'failed',
  'cancelled',
] as const;

export const listQuerySchema = z.strictObject({
  status: z.enum(STATUSES).optional().openapi({ description: 'Only transfers with this status.' }),
  limit: z.coerce.number().int().min(1).max(100).default(50).openapi({ description: 'Transfers on a page at most.' }),
  cursor: z.string().min(1).max(200).optional().openapi({ description: '`nextCursor` of the page before.' }),
});

export const getQuerySchema = z.strictObject({
  waitSeconds: z.coerce.number().int().min(0).max(20).default(0).openapi({
    type: 'integer',
    description: 'Answer only when the transfer has ended or its record has changed, after this time at the latest.',
  }),
});

export const idParamSchema = z.object({
  id: z.string().openapi({
    param: { name: 'id', in: 'path' },
    description: 'Id of a transfer.',
    example: '01JZ8QH5X3M9V7T2B4N6K8R0CD',
  }),
});

export const submitHeadersSchema = z.object({
  'idempotency-key': z
    .string()
    .regex(/^[\x21-\x7e]{1,255}$/, 'is to be 1 to 255 visible ASCII characters')
    .optional()
    .openapi({
      description:
        'Makes a repeated POST of the same body return the first transfer; with another body it is a 409. Remembered as long as the record.',
    }),
});

export type SubmitRequest = z.input<typeof submitSchema>;
export type SubmitBody = z.output<typeof submitSchema>;
export type SourceBody = z.output<typeof sourceSchema>;
