import { anyText, choice, endpoint, matching, pairs, toggle } from '../kinds/texts.ts';
import { ASKING_EACH, option, STORING } from '../option.ts';

/** How the object is stored, and where its store is. */
export const OBJECT_OPTIONS = {
  contentType: option({
    kind: matching('TYPE', /^[\w!#$&^.+-]+\/[\w!#$&^.+-]+(\s*;.*)?$/, 'a media type such as text/plain'),
    group: 'Object',
    verbs: ASKING_EACH,
    help: 'content type of the object',
    fallback: "the source's",
  }),
  metadata: option({
    kind: pairs(),
    group: 'Object',
    verbs: ASKING_EACH,
    help: 'metadata of the object (repeatable)',
  }),
  tag: option({ kind: pairs(), group: 'Object', verbs: ASKING_EACH, help: 'tag of the object (repeatable)' }),
  storageClass: option({
    kind: anyText('CLASS'),
    group: 'Object',
    verbs: ASKING_EACH,
    help: 'such as STANDARD_IA or GLACIER_IR',
    fallback: "the store's",
  }),
  sse: option({
    kind: choice(['s3', 'kms'], { AES256: 's3', 'aws:kms': 'kms' }),
    group: 'Object',
    verbs: ASKING_EACH,
    help: 'encryption by the store: s3 (with its own key) or kms',
    fallback: "the bucket's",
  }),
  sseKmsKeyId: option({
    kind: anyText('KEY'),
    group: 'Object',
    verbs: ASKING_EACH,
    help: 'id or ARN of the KMS key; means --sse kms',
    fallback: "the account's",
  }),
  acl: option({
    kind: anyText('ACL'),
    group: 'Object',
    verbs: ASKING_EACH,
    help: 'canned ACL such as bucket-owner-full-control',
    fallback: "the bucket's",
  }),
  profile: option({
    kind: anyText('NAME'),
    group: 'S3',
    verbs: STORING,
    help: 'profile of the AWS configuration',
    fallback: '`AWS_PROFILE`, else default',
  }),
  region: option({
    kind: matching('REGION', /^[A-Za-z0-9-]+$/, 'a region such as eu-central-1'),
    group: 'S3',
    verbs: STORING,
    help: 'region of the bucket',
    fallback: "`AWS_REGION`, else the profile's",
  }),
  endpointUrl: option({
    kind: endpoint,
    group: 'S3',
    verbs: STORING,
    help: 'URL of an S3-compatible store',
    fallback: '`AWS_ENDPOINT_URL_S3`, `AWS_ENDPOINT_URL`, else AWS',
  }),
  pathStyle: option({
    kind: toggle,
    group: 'S3',
    verbs: STORING,
    help: 'the bucket stands in the path, not in the host name',
    fallback: 'on with an endpoint URL, else off',
  }),
};
