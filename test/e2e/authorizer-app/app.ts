import { App, Stack } from 'aws-cdk-lib';
import { TokenAuthorizer } from 'aws-cdk-lib/aws-apigateway';
import { Code, Function as LambdaFunction, Runtime } from 'aws-cdk-lib/aws-lambda';
import { Bucket } from 'aws-cdk-lib/aws-s3';
import { Piecework } from '../../../cdk/piecework.ts';

/** Lets in two known callers, each by its own word. */
const CODE = `const CALLERS = { 'let-me-in': 'somebody', 'let-ann-in': 'ann' };
exports.handler = async ({ authorizationToken, methodArn }) => ({
  principalId: CALLERS[authorizationToken] || 'stranger',
  policyDocument: {
    Version: '2012-10-17',
    Statement: [
      {
        Action: 'execute-api:Invoke',
        Effect: CALLERS[authorizationToken] ? 'Allow' : 'Deny',
        // The answer is kept for the next request, whichever that is.
        Resource: methodArn.split('/').slice(0, 2).join('/') + '/*',
      },
    ],
  },
});`;

const app = new App();
const stack = new Stack(app, 'PieceworkAuthorized');
const handler = new LambdaFunction(stack, 'Authorizer', {
  runtime: Runtime.NODEJS_24_X,
  handler: 'index.handler',
  code: Code.fromInline(CODE),
});
new Piecework(stack, 'Piecework', {
  destinations: [{ bucket: Bucket.fromBucketName(stack, 'Target', String(app.node.tryGetContext('bucket'))) }],
  privateHosts: ['127.0.0.1'],
  ports: [9],
  auth: { kind: 'authorizer', authorizer: new TokenAuthorizer(stack, 'Token', { handler }) },
});
