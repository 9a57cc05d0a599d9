import { S3Client } from '@aws-sdk/client-s3';
import { SignatureV4 } from '@smithy/signature-v4';
import { placeUnder, reportName } from '../transfer/batch/batch-place.ts';
import type { BatchRecord } from '../transfer/batch/batch-record.ts';
import type { DestinationLocator } from '../transfer/locators.ts';

/** How long a link can be read. */
const LINK_SECONDS = 15 * 60;

/**
 * Signs links to the reports of batches with the function's own credentials: who has one reads that one report, and
 * nothing else. Nothing is asked of S3.
 * https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-query-string-auth.html
 */
export function reportLinks(
  given?: S3Client,
  environment: Readonly<Record<string, string | undefined>> = process.env,
): (batch: Pick<BatchRecord, 'id' | 'place'>) => Promise<string> {
  let client = given;
  return async (batch) => {
    // Few requests ask for a link: no function begins with it.
    client ??= new S3Client({});
    const own = environment['AWS_ENDPOINT_URL_S3'] || environment['AWS_ENDPOINT_URL'];
    return await linkTo(placeUnder(batch.place, reportName(batch.id)), client, own);
  };
}

async function linkTo(
  place: DestinationLocator,
  { config }: S3Client,
  ownEndpoint: string | undefined,
): Promise<string> {
  const { bucket = '', key = '', region, endpoint } = place as DestinationLocator & Record<string, string>;
  const ownRegion: () => Promise<string> = config.region;
  const at = { bucket, region: region ?? (await ownRegion()), endpoint: endpoint ?? ownEndpoint };
  const url = urlOf(at, key);
  const signer = new SignatureV4({
    service: 's3',
    region: at.region,
    credentials: config.credentials,
    sha256: config.sha256,
    uriEscapePath: false,
    applyChecksum: false,
  });
  const { query = {} } = await signer.presign(
    {
      method: 'GET',
      protocol: url.protocol,
      hostname: url.hostname,
      path: url.pathname,
      query: {},
      // As a query: S3 takes it so, and a reader sends no such header.
      headers: { host: url.host, 'x-amz-content-sha256': 'UNSIGNED-PAYLOAD' },
    },
    { expiresIn: LINK_SECONDS },
  );
  for (const [header, value] of Object.entries(query)) url.searchParams.set(header, String(value));
  return url.href;
}

/** As the SDK makes them: the bucket stands in the host's name, unless it has a dot, or the endpoint is another. */
function urlOf(
  {
    bucket,
    region,
    endpoint,
  }: { readonly bucket: string; readonly region: string; readonly endpoint: string | undefined },
  key: string,
): URL {
  const path = key.split('/').map(encoded).join('/');
  const suffix = region.startsWith('cn-') ? 'amazonaws.com.cn' : 'amazonaws.com';
  if (endpoint !== undefined) return new URL(`${endpoint.replace(/\/$/, '')}/${bucket}/${path}`);
  if (bucket.includes('.')) return new URL(`https://s3.${region}.${suffix}/${bucket}/${path}`);
  return new URL(`https://${bucket}.s3.${region}.${suffix}/${path}`);
}

/** RFC 3986: what `encodeURIComponent` leaves is escaped too, as S3 does before it compares. */
function encoded(segment: string): string {
  return encodeURIComponent(segment).replace(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}
