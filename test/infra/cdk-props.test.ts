import { Duration, Stack } from 'aws-cdk-lib';
import { Annotations, Match, Template } from 'aws-cdk-lib/assertions';
import { Bucket } from 'aws-cdk-lib/aws-s3';
import { expect, test } from 'vitest';
import type { StackSettings } from '../../cdk/context/settings.ts';
import { Piecework } from '../../cdk/piecework.ts';
import type { PieceworkProps } from '../../cdk/props/props.ts';
import { PieceworkPropsError } from '../../cdk/props/props-error.ts';
import { PieceworkStack } from '../../cdk/stack.ts';
import { pieceworkStack, testApp } from './cdk-template.ts';

const bucket = () => Bucket.fromBucketName(new Stack(testApp()), 'Some', 'some');

test.each<readonly [string, Record<string, unknown>, RegExp]>([
  ['an unknown prop', { destination: [] }, /no prop "destination"; it has destinations, auth/],
  ['no destination', { destinations: [] }, /needs at least one destination/],
  ['a destination that is a name', { destinations: [{ bucket: 'some' }] }, /must be a construct/],
  [
    'an unknown setting of a destination',
    { destinations: [{ bucket: bucket(), region: 'x' }] },
    /a destination of Piecework has no setting "region"/,
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
  ['a source bucket that is a name', { sourceBuckets: [{ bucket: 'some' }] }, /the bucket of a source bucket must be/],
  ['source buckets that are no list', { sourceBuckets: 's3://some' }, /sourceBuckets must be a list/],
  [
    'a source bucket with a setting of destinations',
    { sourceBuckets: [{ bucket: bucket(), acls: true }] },
    /a source bucket of Piecework has no setting "acls"/,
  ],
  [
    'source buckets without their scheme',
    { sourceBuckets: [{ bucket: bucket() }], schemes: ['https'] },
    /schemes does not have "s3"/,
  ],
  ['no schemes', { schemes: [] }, /schemes is empty: give one or more of http, https, ftp/],
  ['a scheme that no source has', { schemes: ['https', 'file'] }, /schemes has "file": give one or more of http/],
  ['too many finalizers', { maxFinalizers: 6 }, /maxFinalizers must be a whole number from 2 to 5, and is 6/],
  ['half a fetcher', { maxFetchers: 2.5 }, /maxFetchers must be a whole number from 2 to 1000, and is 2.5/],
  [
    'a piece that takes an hour',
    { pieceTimeout: Duration.hours(1) },
    /pieceTimeout must be whole seconds from 10 to 900/,
  ],
  ['half of a throttle', { throttle: { ratePerSecond: 5 } }, /throttle needs ratePerSecond and burst/],
  [
    'a throttle that is misspelt',
    { throttle: { rate: 5, burst: 5 } },
    /throttle has no setting "rate"; it has ratePer/,
  ],
  ['a burst of a key that is above all', { auth: { kind: 'apiKey', burst: 101 } }, /101 requests at once.*at 100/],
  [
    'a quota of nothing',
    { auth: { kind: 'apiKey', requestsPerDay: 0 } },
    /requestsPerDay must be a whole number above 0/,
  ],
  ['half a burst', { auth: { kind: 'apiKey', burst: 1.5 } }, /burst must be a whole number above 0, and is 1.5/],
  ['a rate that is a text', { auth: { kind: 'apiKey', ratePerSecond: 'x' } }, /ratePerSecond must be a number above 0/],
  [
    'a key of one kind on another',
    { auth: { kind: 'iam', burst: 5 } },
    /auth "iam" has no setting "burst"; it has kind/,
  ],
  ['keys that are no list', { auth: { kind: 'apiKey', keys: {} } }, /keys must be a list of at least one/],
  ['no keys', { auth: { kind: 'apiKey', keys: [] } }, /keys must be a list of at least one/],
  ['a key without a name', { auth: { kind: 'apiKey', keys: [{}] } }, /the name of a key must be 1 to 64 letters/],
  ['a key with a space', { auth: { kind: 'apiKey', keys: [{ name: 'a b' }] } }, /and is "a b"/],
  [
    'two keys of one name',
    { auth: { kind: 'apiKey', keys: [{ name: 'in-gest' }, { name: 'Ingest' }] } },
    /two keys have the name "Ingest", or one that is too alike/,
  ],
  [
    'a limit beside the keys',
    { auth: { kind: 'apiKey', keys: [{ name: 'a' }], burst: 5 } },
    /has keys and burst; give each key a burst/,
  ],
  [
    'a key that is faster than all together, by its name',
    { auth: { kind: 'apiKey', keys: [{ name: 'a', burst: 101 }] } },
    /the key "a" may send 101 requests at once.*at 100/,
  ],
  [
    'an unknown setting of a key',
    { auth: { kind: 'apiKey', keys: [{ name: 'a', quota: 5 }] } },
    /a key of auth "apiKey" has no setting "quota"/,
  ],
  ['a TLS policy that takes TLS 1.0', { tlsPolicy: 'TLS_1_0' }, /tlsPolicy must be one of .*, and is TLS_1_0/],
  ['a TLS policy of another kind of endpoint', { tlsPolicy: 'SecurityPolicy_TLS13_2025_EDGE' }, /tlsPolicy must be/],
  ['an unknown setting of the access log', { accessLog: { format: 'x' } }, /accessLog has no setting "format"/],
  ['an access log that is a word', { accessLog: true }, /accessLog needs an object of props/],
  ['an authorizer that is a name', { auth: { kind: 'authorizer', authorizer: 'mine' } }, /needs the authorizer itself/],
  [
    'an owner that is somebody',
    { ownership: { change: 'me' } },
    /ownership: change must be "owner" or "anyone", and is "me"/,
  ],
  ['an unknown right', { ownership: { write: 'owner' } }, /ownership has no setting "write"; it has change, read/],
  [
    'changes to what is not seen',
    { ownership: { change: 'anyone', read: 'owner' } },
    /lets anyone change what only its owner may see/,
  ],
  [
    'an ownership that is a word',
    { ownership: 'owner' },
    /ownership must be "caller", or \{ change, read \}, and is "owner"/,
  ],
  [
    'a field that is none',
    { destinations: [{ bucket: bucket(), prefix: 'in/{user}/' }] },
    /only \{owner\} has a meaning/,
  ],
  [
    'owners whose names run on',
    { destinations: [{ bucket: bucket(), prefix: 'in/{owner}' }] },
    /must have \{owner\} once, between slashes/,
  ],
  [
    'two owners in one prefix',
    { destinations: [{ bucket: bucket(), prefix: '{owner}/{owner}/' }] },
    /must have \{owner\} once, between slashes/,
  ],
  [
    'a place of no owner',
    { destinations: [{ bucket: bucket(), owners: [] }] },
    /owners of a destination must be a list/,
  ],
  ...['in/', '', 'in/shared/'].map((prefix): readonly [string, Record<string, unknown>, RegExp] => [
    `a source bucket that shows what owners wrote (${prefix})`,
    ((one) => ({
      destinations: [{ bucket: one, prefix: 'in/{owner}/' }],
      sourceBuckets: [{ bucket: one, prefix }],
    }))(bucket()),
    /every caller would read what others wrote/,
  ]),
  ['quotas of nothing', { quotas: { bytes: 1 } }, /quotas has no setting "bytes"; it has open, bytesPerDay, batch/],
  ['a quota of none', { quotas: { open: 0 } }, /quotas: open must be a whole number from 1 to 10000, and is 0/],
  ['a quota that is a text', { quotas: { bytesPerDay: '1TiB' } }, /quotas: bytesPerDay must be a whole number from 1,/],
  [
    'a quota of an owner that is unknown',
    { quotas: { owners: { ann: { opened: 1 } } } },
    /quotas of "ann" has no setting "opened"/,
  ],
  ['an owner that no queue takes', { defaultOwner: 'some body' }, /defaultOwner must be 1 to 128 visible ASCII/],
  ['a key that is an ARN', { encryptionKey: 'arn:aws:kms:…' }, /encryptionKey must be a construct: a Key/],
  ['another key that is one', { sealedKey: 'arn:aws:kms:…' }, /sealedKey must be a construct: a Key/],
  ['a topic that is an ARN', { alarmTopic: 'arn:aws:sns:…' }, /alarmTopic must be a construct: a Topic/],
  ['a bus that is a name', { eventBus: 'mine' }, /eventBus must be a construct: an EventBus/],
  ['a text for a list of hosts', { allowHosts: 'a.example' }, /allowHosts must be a list of texts/],
  ['a text for a list of secrets', { secretPrefixes: 'piecework/' }, /secretPrefixes must be a list of texts/],
  ['a tracing endpoint without a scheme', { tracing: { endpoint: 'localhost:4318' } }, /tracing\.endpoint must be/],
  ['a ratio above 1', { tracing: { ratio: 50 } }, /tracing\.ratio must be a number from 0 to 1, and is 50/],
  ['a setting that tracing has not', { tracing: { sampler: 'all' } as never }, /tracing has no setting "sampler"/],
  ['a text for a switch', { webhooks: 'yes' }, /webhooks must be true or false/],
  ['a webhook without a scheme', { notify: { url: 'host/x', secret: 'secret://p/x' } }, /notify.url must be/],
  ['a secret in the template', { notify: { url: 'https://h/x', secret: 'whsec_abc' } }, /notify.secret must be a ref/],
  [
    'a secret that is not among the prefixes',
    { notify: { url: 'https://h/x', secret: 'secret://ssm/p/x' } },
    /names "p\/x", which begins with none of secretPrefixes/,
  ],
  ['a pattern of secrets', { secretPrefixes: ['/a', 'b*'] }, /secretPrefixes has "\/a"/],
  ['a host with its port', { privateHosts: ['a.example:8080'] }, /privateHosts has "a.example:8080", which is no host/],
  [
    'a private host that is never contacted',
    { privateHosts: ['a.example'], denyHosts: ['a.example'] },
    /"a.example" is in privateHosts and in denyHosts/,
  ],
  [
    'a private host beside the only ones that are contacted',
    { privateHosts: ['10.0.0.1'], allowHosts: ['*.example.com'] },
    /"10.0.0.1" is in privateHosts, and allowHosts.*does not have it/,
  ],
  ['seconds that are a number', { pieceTimeout: 30 }, /pieceTimeout must be a Duration, as in Duration.seconds\(10\)/],
  [
    'results that are never collected',
    { resultsWindow: Duration.seconds(0) },
    /resultsWindow must be whole seconds from 1/,
  ],
  ['tags that are a text', { tags: 'team' }, /tags must be an object of names and values/],
  ['a tag of AWS', { tags: { 'aws:team': 'x' } }, /tags has the name "aws:team"/],
  ['a tag of ours', { tags: { 'piecework:stage': 'x' } }, /those that begin with piecework: are set here/],
  ['a tag that is a number', { tags: { team: 5 } }, /the tag "team" must have up to 256/],
  ['a tag that no service takes', { tags: { team: 'a;b' } }, /as its value, and has "a;b"/],
  ['an empty place to write to', { destinations: [undefined] }, /a destination of Piecework needs an object/],
  ['a throttle of nothing', { throttle: { ratePerSecond: 0, burst: 0 } }, /throttle needs ratePerSecond and burst/],
])('%s is refused in a sentence', (_, props, sentence) => {
  const make = () => pieceworkStack(() => props);
  expect(make).toThrow(PieceworkPropsError);
  expect(make).toThrow(sentence);
});

test('no props at all are refused in a sentence', () => {
  const none = undefined as unknown as PieceworkProps;
  expect(() => new Piecework(new Stack(testApp(), 'Own'), 'Piecework', none)).toThrow(
    /Piecework needs an object of props/,
  );
});

test('hosts are taken as the functions read them: names, what lies under a name, addresses', () => {
  const hosts = ['a.example', '*.b.example', '10.1.2.3', '::1', '[fd00::1]', 'localhost', 'my_host', 'bücher.example'];
  expect(() => pieceworkStack(() => ({ allowHosts: hosts, privateHosts: ['x.b.example', '::1'] }))).not.toThrow();
  for (const host of [
    '*',
    '*.10.1.2.3',
    'a/b',
    'a b',
    '',
    'a.*.example',
    'http:',
    'a..b',
    '256.256.256.256',
    'a.example,b.example',
  ])
    expect(() => pieceworkStack(() => ({ allowHosts: [host] })), host).toThrow(/is no host/);
});

test('the app without a destination can be evaluated, for bootstrap and destroy, and not be deployed', () => {
  const stack = new PieceworkStack(testApp(), 'Test', { settings: {} });
  Annotations.fromStack(stack).hasError('/Test', Match.stringLikeRegexp('say where transfers may write'));
  const { Parameters } = Template.fromStack(stack).toJSON();
  // A stack that runs is not replaced, whatever the command line ignores: CloudFormation wants a value for this.
  expect(Parameters['Destinations']).toEqual({ Type: 'String', Description: expect.any(String) });
});

test.each<readonly [string, StackSettings, RegExp]>([
  ['a destination that is a path', { destinations: '/tmp/x' }, /destinations: "\/tmp\/x" is no bucket/],
  [
    'a stand-in that is neither',
    { destinations: 's3://abc', standIn: 'yes' },
    /standIn must be true or false, and is "yes"/,
  ],
  ['an authorizer', { destinations: 's3://abc', auth: 'authorizer' }, /auth must be iam or apiKey here/],
])('the context of the app: %s is refused in a sentence', (_, settings, sentence) => {
  const make = () => new PieceworkStack(testApp(), 'Test', { settings });
  expect(make).toThrow(PieceworkPropsError);
  expect(make).toThrow(sentence);
});
