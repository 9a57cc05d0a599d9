import { App, CfnOutput, Stack } from 'aws-cdk-lib';
import { Bucket } from 'aws-cdk-lib/aws-s3';
import { Piecework } from 'piecework/cdk';

const app = new App();
const stack = new Stack(app, 'Transfers');
const bucket = new Bucket(stack, 'Bucket');
const sources = app.node.tryGetContext('sources');

new Piecework(stack, 'Piecework', {
  destinations: [{ bucket, prefix: 'incoming/' }],
  // For a stand-in, with sources on this machine; it may know no callers and no dashboards: -c sources=127.0.0.1:8080
  ...(sources === undefined
    ? {}
    : {
        defaultOwner: 'local',
        dashboard: false,
        privateHosts: [sources.split(':')[0]],
        ports: [Number(sources.split(':')[1])],
      }),
});
new CfnOutput(stack, 'BucketName', { value: bucket.bucketName });
