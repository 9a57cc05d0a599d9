import type { ErrorCode } from '../../errors/codes.ts';
import type { SettingNames } from '../../transfer/object-headers.ts';
import { headerProblems, headerSentence } from '../../transfer/object-headers.ts';
import type { Features, Limits } from '../../transfer/plan/limits.ts';
import { S3_LIMITS } from '../../transfer/plan/limits.ts';
import type { ObjectSettings } from '../../transfer/request.ts';

/** What one kind of store can hold and do, as data. */
export interface Store {
  readonly limits: Limits;
  readonly features: Features;
  /**
   * What is asked for at Create. `FULL_OBJECT` lets the whole object's CRC be compared at completion; a store that only
   * knows `COMPOSITE` for CRC32 may refuse that, so it is not asked for there.
   */
  readonly checksumType: 'FULL_OBJECT' | 'COMPOSITE';
  /** CopyObject holds the write condition itself. Elsewhere the copy is a multipart one, whose Complete holds it. */
  readonly conditionalCopy: boolean;
  /**
   * A copy holds the condition on its source (`x-amz-copy-source-if-match`). Elsewhere the source is looked at once
   * more before the end.
   */
  readonly pinsCopySource: boolean;
  /** It may refuse what S3 leaves optional (`learned/`). AWS does not. */
  readonly mayLackExtras: boolean;
  /** Settings that this store does not know: refused before the start. */
  readonly unknownSettings: readonly (keyof ObjectSettings | 'kms')[];
}

const FEATURES: Features = {
  ordered: false,
  conditionalWrite: true,
  token: true,
};

const AWS: Store = {
  limits: S3_LIMITS,
  features: FEATURES,
  checksumType: 'FULL_OBJECT',
  conditionalCopy: true,
  pinsCopySource: true,
  mayLackExtras: false,
  unknownSettings: [],
};

/** A store behind an endpoint of its own of which nothing more is known. */
const COMPATIBLE: Store = { ...AWS, conditionalCopy: false, pinsCopySource: false, mayLackExtras: true };

const TIB = 1024 ** 4;

/** By the end of the endpoint's host name. */
const KNOWN: readonly (readonly [suffix: string, store: Store])[] = [
  ['.amazonaws.com', AWS],
  ['.amazonaws.com.cn', AWS],
  // https://www.scaleway.com/en/docs/object-storage/api-cli/multipart-uploads/: 1,000 parts, objects of 5 TB.
  [
    '.scw.cloud',
    { ...COMPATIBLE, limits: { ...S3_LIMITS, maxPieces: 1000, maxObjectBytes: 1000 * S3_LIMITS.maxPieceBytes } },
  ],
  // https://developers.cloudflare.com/r2/api/s3/api/: CRC32 is COMPOSITE only; no ACLs, tags or KMS keys. Parts but the
  // last have one size, which ours always have. https://developers.cloudflare.com/r2/platform/limits/: objects of 5
  // TiB.
  [
    '.r2.cloudflarestorage.com',
    {
      ...COMPATIBLE,
      limits: { ...S3_LIMITS, maxObjectBytes: 5 * TIB },
      checksumType: 'COMPOSITE',
      unknownSettings: ['acl', 'tags', 'kms'],
    },
  ],
];

/** @param endpoint of an S3-compatible store; absent = AWS. */
export function storeOf(endpoint: string | undefined): Store {
  if (endpoint === undefined) return AWS;
  const host = URL.parse(endpoint)?.hostname.toLowerCase() ?? '';
  return KNOWN.find(([suffix]) => host.endsWith(suffix))?.[1] ?? COMPATIBLE;
}

/** Parameters of a Create. Where no type is said, CRC32 means COMPOSITE. */
export function checksumAsked(store: Store): {
  readonly ChecksumAlgorithm: 'CRC32';
  readonly ChecksumType?: 'FULL_OBJECT';
} {
  return store.checksumType === 'FULL_OBJECT'
    ? { ChecksumAlgorithm: 'CRC32', ChecksumType: 'FULL_OBJECT' }
    : { ChecksumAlgorithm: 'CRC32' };
}

/** Largest object that one CopyObject takes. https://docs.aws.amazon.com/AmazonS3/latest/API/API_CopyObject.html */
export const MAX_COPY_BYTES = 5 * 1000 ** 3;

/**
 * Of a server-side copy. Small enough that even 5 MiB/s bring one within a minute, and that many run side by side;
 * large enough that 1 TiB takes 4,096 requests. (One part may have 5 GiB; a store copies those no faster, and what
 * breaks off starts over.)
 */
export const COPY_PIECE_BYTES = 256 * 1024 ** 2;

/** The first thing that is wrong with the settings at this store, or nothing. */
export function settingProblem(
  store: Store,
  settings: ObjectSettings,
): { readonly code: ErrorCode; readonly because: string } | undefined {
  const asked = [...Object.keys(settings), ...(settings.encryption?.kind === 'kms' ? ['kms'] : [])];
  const unknown = store.unknownSettings.find((name) => asked.includes(name));
  if (unknown !== undefined)
    return {
      code: 'DestinationUnsupported',
      because: `this store does not know the setting "${unknown}"; leave it out`,
    };
  const problem = headerProblems(settings)[0];
  return problem === undefined ? undefined : { code: 'InvalidOption', because: headerSentence(problem, WORDS) };
}

const WORDS: SettingNames = {
  contentType: 'content type',
  storageClass: 'storage class',
  encryption: 'KMS key',
  acl: 'ACL',
  tags: 'tags',
  metadata: 'metadata',
};
