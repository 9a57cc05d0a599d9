import { App, CfnOutput, Duration, Fn, RemovalPolicy, Stack } from 'aws-cdk-lib';
import { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import type { IBucket } from 'aws-cdk-lib/aws-s3';
import { Bucket } from 'aws-cdk-lib/aws-s3';
import { PieceworkObject } from '../../../cdk/object/piecework-object.ts';
import { Piecework } from '../../../cdk/piecework.ts';
import { ENV } from '../../../lib/aws/names.ts';

// A stack that needs an object. Context: `url`, `sha256`, `minutes` that it may take, and `endpoint` of the stand-in.

const app = new App();
const said = (name: string) => String(app.node.tryGetContext(name));
const stack = new Stack(app, 'PieceworkObjects');
const bucket = new Bucket(stack, 'Target', { removalPolicy: RemovalPolicy.DESTROY }) as unknown as IBucket;
const piecework = new Piecework(stack, 'Piecework', {
  destinations: [{ bucket }],
  privateHosts: ['127.0.0.1'],
  ports: [Number(URL.parse(said('url'))?.port ?? 80)],
  removalPolicy: RemovalPolicy.DESTROY,
  dashboard: false,
  pieceTimeout: Duration.seconds(20),
  planTimeout: Duration.seconds(60),
});
const object = new PieceworkObject(stack, 'Reference', {
  piecework,
  url: said('url'),
  sha256: said('sha256'),
  bucket,
  key: 'reference/data.bin',
  timeout: Duration.minutes(Number(said('minutes'))),
});
// The API's own name does not resolve on a stand-in.
const base = Fn.join('', [said('endpoint'), '/restapis/', piecework.api.restApiId, '/prod/_user_request_']);
for (const one of piecework.node.findChild('Objects').node.findAll())
  if (one instanceof LambdaFunction && ['onEvent', 'isComplete'].includes(one.node.id))
    one.addEnvironment(ENV.apiUrl, base);
new CfnOutput(stack, 'Bucket', { value: bucket.bucketName });
new CfnOutput(stack, 'Size', { value: object.sizeBytes });
