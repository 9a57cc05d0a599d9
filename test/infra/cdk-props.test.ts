import { App, Duration, Stack } from 'aws-cdk-lib';
import { Bucket } from 'aws-cdk-lib/aws-s3';
import { expect, test } from 'vitest';
import { PieceworkPropsError } from '../../cdk/props.ts';
import type { StageSettings } from '../../cdk/stack.ts';
import { PieceworkStack } from '../../cdk/stack.ts';
import { pieceworkStack } from './cdk-template.ts';

const bucket = () => Bucket.fromBucketName(new Stack(), 'Some', 'some');

test.each<readonly [string, Record<string, unknown>, RegExp]>([
  ['an unknown prop', { destination: [] }, /no prop "destination"; it has destinations, auth/],
  ['no destination', { destinations: [] }, /needs at least one destination/],
  ['a destination that is a name', { destinations: [{ bucket: 'some' }] }, /must be a construct/],
  [
    'an unknown setting of a destination',
    { destinations: [{ bucket: bucket(), region: 'x' }] },
    /a destination of Piecework has no "region"/,
  ],
  [
    'a pattern as prefix',
    { destinations: [{ bucket: bucket(), prefix: 'in/*' }] },
    /must not begin with "\/" nor have "\*"/,
  ],
  [
    'a prefix with a slash before it',
    { destinations: [{ bucket: bucket(), prefix: '/in' }] },
    /must not begin with "\/"/,
  ],
  [
    'an unknown way to log in',
    { auth: { kind: 'none' } },
    /auth must be of kind iam, apiKey or authorizer, and is "none"/,
  ],
  [
    'a key that is faster than all together',
    { auth: { kind: 'apiKey', ratePerSecond: 99 } },
    /99 requests a second.*at 50/,
  ],
  [
    'a host in both lists',
    { allowHosts: ['a.example'], denyHosts: ['a.example'] },
    /"a.example" is in allowHosts and in denyHosts/,
  ],
  [
    'a URL as host',
    { privateHosts: ['http://a.example/'] },
    /privateHosts has "http:\/\/a.example\/", which is no host/,
  ],
  ['no ports', { ports: [] }, /ports must be a list of whole numbers/],
  ['too many finalizers', { maxFinalizers: 6 }, /maxFinalizers must be a whole number from 2 to 5, and is 6/],
  ['half a fetcher', { maxFetchers: 2.5 }, /maxFetchers must be a whole number from 2 to 1000, and is 2.5/],
  [
    'a piece that takes an hour',
    { pieceTimeout: Duration.hours(1) },
    /pieceTimeout must be whole seconds from 10 to 900/,
  ],
  ['a throttle of nothing', { throttle: { ratePerSecond: 0, burst: 0 } }, /throttle needs ratePerSecond and burst/],
])('%s is refused in a sentence', (_, props, sentence) => {
  const make = () => pieceworkStack(() => props);
  expect(make).toThrow(PieceworkPropsError);
  expect(make).toThrow(sentence);
});

test.each<readonly [string, StageSettings, RegExp]>([
  ['no destination', {}, /say where transfers may write/],
  ['a destination that is a path', { destinations: '/tmp/x' }, /"\/tmp\/x" is no destination/],
  [
    'a stand-in that is neither',
    { destinations: 's3://abc', standIn: 'yes' },
    /standIn must be true or false, and is "yes"/,
  ],
  ['an authorizer', { destinations: 's3://abc', auth: 'authorizer' }, /auth must be iam or apiKey here/],
])('the context of the app: %s is refused in a sentence', (_, settings, sentence) => {
  const make = () => new PieceworkStack(new App(), 'Test', { settings });
  expect(make).toThrow(PieceworkPropsError);
  expect(make).toThrow(sentence);
});
