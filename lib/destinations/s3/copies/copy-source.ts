import type { CopySource } from '../../../transfer/locators.ts';

/** Of CopyObject and UploadPartCopy: which object, and the version that it must be. */
export function copySource(
  { bucket, key, versionId }: Pick<CopySource, 'bucket' | 'key' | 'versionId'>,
  etag: string | undefined,
): { CopySource: string; CopySourceIfMatch?: string } {
  const path = `${bucket}/${key.split('/').map(encodeURIComponent).join('/')}`;
  return {
    CopySource: versionId === undefined ? path : `${path}?versionId=${encodeURIComponent(versionId)}`,
    ...(etag === undefined ? {} : { CopySourceIfMatch: etag }),
  };
}
