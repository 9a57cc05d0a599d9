import { App, CfnOutput, Stack } from 'aws-cdk-lib';
import { Bucket } from 'aws-cdk-lib/aws-s3';
import { Piecework } from 'piecework/cdk';

const app = new App();
const stack = new Stack(app, 'Transfers');
const bucket = new Bucket(stack, 'Bucket');
const [host, port] = app.node.tryGetContext('sources')?.split(':') ?? [];

new Piecework(stack, 'Piecework', {
  destinations: [{ bucket, prefix: 'incoming/' }],
  // For a stand-in, with sources on this machine; it may know no callers and no dashboards: -c sources=127.0.0.1:8080
  ...(host && { defaultOwner: 'local', dashboard: false, privateHosts: [host], ports: [Number(port)] }),
});
new CfnOutput(stack, 'BucketName', { value: bucket.bucketName });
