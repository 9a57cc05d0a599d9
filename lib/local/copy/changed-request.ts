import { isDeepStrictEqual } from 'node:util';
import type { Destination } from '../../destinations/destination.ts';
import { sequentialDigests } from '../../transfer/digests.ts';
import type { TransferRecord } from '../../transfer/record/record.ts';
import type { ObjectSettings, TransferRequest } from '../../transfer/request.ts';
import { formatBytes } from '../../values/units.ts';
import type { CopyRequest } from '../api.ts';

/** What is asked of a transfer that is gone on with: what was asked before, and over it what is stated now. */
export function requestNow(before: TransferRequest, request: CopyRequest): TransferRequest {
  const { options = {}, object = {} } = request;
  const { expect } = before.options;
  const stated = options.expect;
  return {
    ...before,
    object: { ...before.object, ...object },
    options: {
      ...before.options,
      ...options,
      expect: { ...expect, ...stated, digests: { ...expect.digests, ...stated?.digests } },
    },
  };
}

/** Why what is asked now can't be had of what is there; `undefined` when it can. */
export function whyStartAnew(
  { request, upload }: TransferRecord,
  now: TransferRequest,
  { proof }: Pick<Destination, 'proof'>,
): string | undefined {
  const changed = (Object.keys(now.object) as (keyof ObjectSettings)[]).find(
    (key) => !isDeepStrictEqual(now.object[key], request.object[key]),
  );
  // Such settings are stated where the upload is created, and never again.
  if (changed !== undefined) return `the object is to have another ${SETTING_NAMES[changed]}`;
  const digests = sequentialDigests(now.options.expect.digests);
  const bypasses = upload !== undefined && upload.staged !== true && proof.kind === 'staging';
  if (bypasses && digests.length > 0)
    return `its ${digests[0]} is to be proved before it is visible, and was not to be before`;
  return undefined;
}

/** What a plan is not changed for, since that would cost all that is there. */
export function leftAsItIs({ plan }: TransferRecord, { options }: CopyRequest): string | undefined {
  const wanted = options?.pieceSizeBytes;
  if (wanted === undefined || plan?.mode !== 'pieces' || plan.pieceSizeBytes === wanted) return undefined;
  return `the pieces stay at ${formatBytes(plan.pieceSizeBytes)}, as they were planned; --restart begins anew with ${formatBytes(wanted)}`;
}

const SETTING_NAMES: Readonly<Record<keyof ObjectSettings, string>> = {
  contentType: 'content type',
  storageClass: 'storage class',
  encryption: 'encryption',
  acl: 'ACL',
  tags: 'set of tags',
  metadata: 'set of metadata',
};
