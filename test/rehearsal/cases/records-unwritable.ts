import { GetBucketPolicyCommand, PutBucketPolicyCommand } from '@aws-sdk/client-s3';
import type { Case } from '../case.ts';
import { expectSaid } from '../waiting.ts';

const MIB = 1024 ** 2;
/** As many as the alarm wants in five minutes. */
const ASKED = 5;
let policyBefore = '';
let request: Readonly<Record<string, unknown>> = {};
let id = '';
const headers = { 'idempotency-key': 'rehearsal-records' };

export const recordsUnwritable: Case = {
  alarm: 'API errors',
  cause: 'the policy of the records bucket denies writing',
  async bringAbout({ pipeline, origin, gauges }) {
    const since = Date.now();
    const Bucket = pipeline.output('RecordsBucket');
    policyBefore = (await pipeline.s3.send(new GetBucketPolicyCommand({ Bucket }))).Policy ?? '';
    const { Statement, ...rest } = JSON.parse(policyBefore) as { Statement: object[] };
    const deny = { Effect: 'Deny', Principal: '*', Action: 's3:PutObject', Resource: `arn:aws:s3:::${Bucket}/*` };
    const Policy = JSON.stringify({ ...rest, Statement: [...Statement, deny] });
    await pipeline.s3.send(new PutBucketPolicyCommand({ Bucket, Policy }));
    const source = { url: origin.serve('/records.bin', { size: 6 * MIB }) };
    request = { source, destination: { bucket: pipeline.buckets.target, key: 'in/records.bin' } };
    for (let asked = 0; asked < ASKED; asked += 1)
      gauges.answered((await pipeline.call('POST', '/v1/transfers', request, headers)).status);
    return since;
  },
  async mend({ pipeline, stack }) {
    const lines = await pipeline.logOf(stack, 'Api');
    const failed = lines.filter((line) => line['message'] === 'request' && Number(line['status']) >= 500);
    expectSaid(JSON.stringify(failed.at(-1)), 'HomeRefused', 's3:PutObject');
    const Bucket = pipeline.output('RecordsBucket');
    await pipeline.s3.send(new PutBucketPolicyCommand({ Bucket, Policy: policyBefore }));
  },
  async prove({ pipeline, gauges }) {
    // The same request again, as a caller that had no answer sends it.
    const { status, body } = await pipeline.call('POST', '/v1/transfers', request, headers);
    gauges.answered(status);
    id = String(body['id']);
    await pipeline.until(id, 'completed');
    await pipeline.prove('records.bin', 6 * MIB);
    const again = await pipeline.call('POST', '/v1/transfers', request, headers);
    if (again.body['id'] !== id) throw new Error('one request made two transfers');
  },
};
