import * as z from 'zod';
import { HOST_FINGERPRINT } from '../../transfer/locators.ts';
import { FIELD_VALUE } from '../../values/web/http-fields.ts';
import { makeDescribable } from './describable.ts';
import { regionSchema } from './region.ts';

makeDescribable();

const HEADER_NAME = /^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,128}$/;

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
    region: regionSchema.optional().openapi({ description: "Default: the bucket's." }),
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
      description:
        'Where the bytes are. Query, user and password are treated as secrets, and so are tokens of a known shape in the path.',
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
    secretPath: z.boolean().optional().openapi({
      description: 'The path of the URL is a secret, like its query: it is neither shown nor recorded. Default: false.',
    }),
  })
  .openapi('Source');

export type SourceBody = z.output<typeof sourceSchema>;
