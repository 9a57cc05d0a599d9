import { describe, test } from 'vitest';
import { s3Subject } from '../support/s3-subject.ts';
import { destinationContract } from './destination.ts';

// Any S3 endpoint of one's own: PIECEWORK_TEST_S3_ENDPOINT, PIECEWORK_TEST_S3_BUCKET (an existing bucket),
// AWS_REGION and AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN. Objects are made under piecework-test/
// and removed again. Every run costs some hundreds of requests. Nothing is asked of CI here, so
// PIECEWORK_REQUIRE_SERVERS does not count.
const {
  PIECEWORK_TEST_S3_ENDPOINT: endpoint,
  PIECEWORK_TEST_S3_BUCKET: bucket,
  AWS_REGION: region = 'us-east-1',
  AWS_ACCESS_KEY_ID: accessKeyId,
  AWS_SECRET_ACCESS_KEY: secretAccessKey,
  AWS_SESSION_TOKEN: sessionToken,
} = process.env;

if (endpoint !== undefined && bucket !== undefined && accessKeyId !== undefined && secretAccessKey !== undefined) {
  const credentials = { accessKeyId, secretAccessKey, ...(sessionToken === undefined ? {} : { sessionToken }) };
  destinationContract(`S3, ${new URL(endpoint).host}`, () =>
    s3Subject({ endpoint, region, credentials, [Symbol.asyncDispose]: async () => {} }, { bucket }),
  );
} else {
  describe('destination contract: a real S3 endpoint', () => {
    const reason = 'no endpoint was given (PIECEWORK_TEST_S3_ENDPOINT, PIECEWORK_TEST_S3_BUCKET and AWS credentials)';
    test(reason, ({ skip }) => skip(reason));
  });
}
