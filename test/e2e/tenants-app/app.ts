import { App, Stack } from 'aws-cdk-lib';
import { Bucket } from 'aws-cdk-lib/aws-s3';
import { Piecework } from '../../../cdk/piecework.ts';

// Two owners, each with a key, a place and one transfer at a time of its own.

const app = new App();
const stack = new Stack(app, 'PieceworkTenants');
const said = (name: string) => String(app.node.tryGetContext(name));
new Piecework(stack, 'Piecework', {
  destinations: [{ bucket: Bucket.fromBucketName(stack, 'Target', said('bucket')), prefix: 'in/{owner}/' }],
  privateHosts: ['127.0.0.1'],
  ports: [Number(said('port'))],
  auth: { kind: 'apiKey', keys: [{ name: 'ann' }, { name: 'ben' }] },
  ownership: 'caller',
  quotas: { open: 1 },
  dashboard: false,
});
