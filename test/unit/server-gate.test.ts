import { expect, it } from 'vitest';
import { addressOf, namesOf } from '../../lib/local/server/address.ts';
import type { ServeOptions } from '../../lib/local/server/api.ts';
import { gate } from '../../lib/local/server/gate.ts';
import { failureOf } from '../support/reading.ts';

const TOKEN = 'abcdefghijklmnopqrstuvwxyz012345';
const HERE = { host: '127.0.0.1:7437', authorization: `Bearer ${TOKEN}` };

function statusFor(headers: Record<string, string>, path = '/v1/transfers', names = namesOf(addressOf({}), 7437, [])) {
  const letIn = gate({ token: TOKEN, scheme: 'http', names });
  const answer = letIn(new Request(`http://127.0.0.1:7437${path}`, { headers: new Headers(headers) }));
  return answer?.status;
}

it.each([
  ['the token', HERE, undefined],
  ['the token, by another name of this machine', { ...HERE, host: 'LOCALHOST:7437' }, undefined],
  [
    'the token, from its own page',
    { ...HERE, origin: 'http://127.0.0.1:7437', 'sec-fetch-site': 'same-origin' },
    undefined,
  ],
  ['the token, typed by its user', { ...HERE, 'sec-fetch-site': 'none' }, undefined],
  ['no token', { host: HERE.host }, 401],
  ['another token', { ...HERE, authorization: `Bearer ${TOKEN}x` }, 401],
  ['the token in another form', { ...HERE, authorization: `Basic ${TOKEN}` }, 401],
  ['a name that leads to this machine', { ...HERE, host: 'evil.example:7437' }, 403],
  ['another port', { ...HERE, host: '127.0.0.1:80' }, 403],
  ['no name', { authorization: HERE.authorization }, 403],
  ['a page of another site', { ...HERE, origin: 'https://evil.example' }, 403],
  ['a page of another port', { ...HERE, origin: 'http://127.0.0.1:1' }, 403],
  ['a page without a site', { ...HERE, origin: 'null' }, 403],
  ['a link from another site', { ...HERE, 'sec-fetch-site': 'cross-site' }, 403],
  ['a page of a neighbour', { ...HERE, 'sec-fetch-site': 'same-site' }, 403],
])('who comes with %s', (_, headers: Record<string, string>, status) => {
  expect(statusFor(headers)).toBe(status);
});

it('lets those who watch over it ask without a token, by its name', () => {
  for (const path of ['/v1/health', '/v1/ready']) {
    expect(statusFor({ host: HERE.host }, path)).toBe(undefined);
    expect(statusFor({ host: 'evil.example' }, path)).toBe(403);
  }
});

it('has the names that it was given, and on a socket any', () => {
  const named = namesOf(addressOf({}), 7437, ['Files.example', 'proxy.example:443']);
  for (const host of ['files.example', 'files.example:7437', 'proxy.example:443'])
    expect(statusFor({ ...HERE, host }, '/v1/transfers', named)).toBe(undefined);
  expect(statusFor({ ...HERE, host: 'proxy.example' }, '/v1/transfers', named)).toBe(403);
  expect(statusFor({ ...HERE, host: 'x' }, '/v1/transfers', namesOf(addressOf({ socket: '/s' }), 0, []))).toBe(
    undefined,
  );
});

it.each([
  [{}, { kind: 'port', host: '127.0.0.1', port: 7437 }],
  [{ listen: '[::1]:0' }, { kind: 'port', host: '::1', port: 0 }],
  [{ listen: 'localhost:80' }, { kind: 'port', host: 'localhost', port: 80 }],
  [
    { listen: '0.0.0.0:443', tokenFile: 't', tls: { certFile: 'c', keyFile: 'k' } },
    { kind: 'port', host: '0.0.0.0', port: 443 },
  ],
  [{ socket: '/run/s' }, { kind: 'socket', path: '/run/s' }],
])('listens as %j says', (options: ServeOptions, address) => {
  expect(addressOf(options)).toEqual(address);
});

it.each([
  [{ listen: '0.0.0.0:443' }, 'other machines'],
  [{ listen: '[::]:443', tokenFile: 't' }, 'other machines'],
  [{ listen: '10.0.0.1:443', tls: { certFile: 'c', keyFile: 'k' } }, 'other machines'],
  [{ listen: '7437' }, 'ADDRESS:PORT'],
  [{ listen: 'files.example:80' }, 'ADDRESS:PORT'],
  [{ listen: '127.0.0.1:65536' }, 'ADDRESS:PORT'],
  [{ listen: '::1:80' }, 'ADDRESS:PORT'],
  [{ listen: '127.0.0.1:80', socket: '/s' }, 'not both'],
  [{ socket: '/s', tls: { certFile: 'c', keyFile: 'k' } }, 'no TLS'],
])('does not listen as %j says', async (options: ServeOptions, why) => {
  const error = await failureOf(
    Promise.resolve().then(() => addressOf(options)),
    'InvalidOption',
  );
  expect(error.message).toContain(why);
});
