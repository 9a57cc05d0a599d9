import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import type { GuardPolicy } from '../../lib/guard/guard.ts';
import { createGuard } from '../../lib/guard/guard.ts';
import { refusalOf } from '../../lib/guard/refused-addresses.ts';
import { resolver } from '../support/guarded.ts';
import { thrownBy } from '../support/reading.ts';

describe('checkUrl', () => {
  const guard = createGuard();

  it.each([
    'https://example.com/a',
    'http://example.com:80/',
    'http://example.com:443/',
    'https://8.8.8.8/',
    'https://[2606:4700::1111]/a?b=c',
  ])('lets %s pass', (url) => {
    guard.checkUrl(url);
    guard.checkUrl(new URL(url));
  });

  it.each([
    'http://127.0.0.1/',
    'http://127.1/',
    'http://0x7f.0.0.1/',
    'http://0177.0.0.1/',
    'http://2130706433/',
    'http://017700000001/',
    'http://0/',
    'http://[::1]/',
    'http://[::]/',
    'http://[::ffff:127.0.0.1]/',
    'http://[::ffff:7f00:1]/',
    'http://[0:0:0:0:0:ffff:127.0.0.1]/',
    'http://[::127.0.0.1]/',
    'http://[64:ff9b::127.0.0.1]/',
    'http://[64:ff9b:1::10.0.0.1]/',
    'http://[2002:7f00:1::]/',
    'http://[2001::1]/',
    'http://[fe80::1]/',
    'http://[fc00::1]/',
    'http://[fd00:ec2::254]/latest',
    'http://169.254.169.254/latest/meta-data/',
    'http://2852039166/',
    'http://0xa9fea9fe/',
    'http://0251.0376.0251.0376/',
    'http://169.254.43518/',
    'http://１６９.254.169.254/',
    'http://127.0.0.1./',
    'http://user:pw@127.0.0.1/',
    'http://example.com@10.0.0.1/',
    'http://10.0.0.1/',
    'http://172.16.0.1/',
    'http://192.168.1.1/',
    'http://100.64.0.1/',
    'http://224.0.0.1/',
    'http://255.255.255.255/',
    'http://198.18.0.1/',
    'http://192.0.2.1/',
  ])('refuses %s', async (url) => {
    await thrownBy(() => guard.checkUrl(url), 'GuardRefused');
    await thrownBy(() => guard.checkUrl(new URL(url)), 'GuardRefused');
  });

  it.each(['http://[fe80::1%25eth0]/', 'not a url', 'http://', 'http://1.2.3.4.5/', ''])(
    '%j is no URL',
    async (url) => {
      await thrownBy(() => guard.checkUrl(url), 'InvalidUrl');
    },
  );

  test('refuses other schemes and ports, and says which list would allow them', async () => {
    expect((await thrownBy(() => guard.checkUrl('ftp://example.com/a'), 'GuardRefused')).message).toContain('schemes');
    for (const url of ['file:///etc/passwd', 'data:,a', 'javascript:1', 'gopher://example.com/'])
      await thrownBy(() => guard.checkUrl(url), 'GuardRefused');
    const port = await thrownBy(() => guard.checkUrl('http://example.com:8080/'), 'GuardRefused');
    expect(port.message).toContain('8080');
    expect(port.message).toContain('ports');
    createGuard({ ports: [8080] }).checkUrl('http://example.com:8080/');
    await thrownBy(() => createGuard({ ports: [8080] }).checkUrl('http://example.com/'), 'GuardRefused');
  });

  test('reads addresses as getaddrinfo would, also where the URL standard leaves a host as it is', async () => {
    const files = createGuard({ schemes: ['ftp', 'sftp'], ports: [21, 22] });
    files.checkUrl('sftp://example.com/a');
    files.checkUrl('ftp://example.com/a');
    for (const host of [
      '127.1',
      '0x7f.1',
      '2130706433',
      '%31%32%37.0.0.1',
      'LOCALHOST%00',
      '[::1]',
      '[::ffff:10.0.0.1]',
    ]) {
      await thrownBy(() => files.checkUrl(`sftp://${host}/a`), 'GuardRefused');
    }
  });

  test('goes by the lists of hosts: deny first, then allow', async () => {
    const lists = createGuard({
      allowHosts: ['*.example.com', 'Bücher.example', '9.9.9.9', '[2606:4700::1111]'],
      denyHosts: ['bad.example.com', '*.worse.example.com'],
    });
    for (const host of [
      'a.example.com',
      'A.B.EXAMPLE.com.',
      'xn--bcher-kva.example',
      '9.9.9.9',
      '[2606:4700:0::1111]',
      'worse.example.com',
    ])
      lists.checkUrl(`https://${host}/`);
    for (const host of [
      'example.com',
      'badexample.com',
      'example.com.evil.test',
      'bad.example.com',
      'bad.example.com.',
      'BAD.example.com..',
      'a.worse.example.com',
      '8.8.8.8',
    ]) {
      await thrownBy(() => lists.checkUrl(`https://${host}/`), 'GuardRefused');
    }
    expect((await thrownBy(() => lists.checkUrl('https://bad.example.com/'), 'GuardRefused')).message).toContain(
      'denyHosts',
    );
    expect((await thrownBy(() => lists.checkUrl('https://other.test/'), 'GuardRefused')).message).toContain(
      'allowHosts',
    );
  });

  test('private addresses are open by name in privateHosts only, and metadata not even then', async () => {
    const opened = createGuard({
      privateHosts: ['127.0.0.1', '::1', '10.1.2.3', '169.254.169.254', '::ffff:127.0.0.1', '0.0.0.0'],
      ports: [80, 9000],
    });
    for (const url of ['http://127.0.0.1:9000/', 'http://127.1/', 'http://[::1]/', 'http://10.1.2.3/'])
      opened.checkUrl(url);
    for (const url of [
      'http://127.0.0.2/',
      'http://10.1.2.4/',
      'http://169.254.169.254/',
      'http://[::ffff:127.0.0.1]/',
      'http://0.0.0.0/',
    ]) {
      await thrownBy(() => opened.checkUrl(url), 'GuardRefused');
    }
    const shut = await thrownBy(() => opened.checkUrl('http://10.1.2.4/'), 'GuardRefused');
    expect(shut.message).toContain('privateHosts');
    expect((await thrownBy(() => opened.checkUrl('http://169.254.169.254/'), 'GuardRefused')).message).not.toContain(
      'privateHosts',
    );
  });

  test('shows no secret of the URL', async () => {
    const error = await thrownBy(
      () => guard.checkUrl('http://user:hunter2@10.0.0.1/a?token=hunter2#hunter2'),
      'GuardRefused',
    );
    expect(JSON.stringify([error.message, error.details])).not.toContain('hunter2');
  });

  it.each([
    { allowHosts: ['http://a'] },
    { denyHosts: ['a/b'] },
    { privateHosts: ['a:80'] },
    { allowHosts: ['*'] },
    { allowHosts: ['a.*.b'] },
    { denyHosts: ['.example.com'] },
    { denyHosts: ['a.example,b.example'] },
    { denyHosts: [''] },
    { denyHosts: ['*.10.0.0.1'] },
    { privateHosts: ['10.0.0.0/8'] },
    { ports: [0] },
    { ports: [65_536] },
    { ports: [1.5] },
    { schemes: ['gopher'] },
    { schemes: ['http:'] },
  ] satisfies GuardPolicy[])('%o is no policy', async (policy) => {
    await thrownBy(() => createGuard(policy), 'InvalidOption');
  });

  test('never lets a literal pass whose address is refused, however it is written', () => {
    const number = fc.integer({ min: 0, max: 0xffff_ffff });
    const spellings = (value: number): string[] => {
      const [a, b, c, d] = [value >>> 24, (value >>> 16) & 255, (value >>> 8) & 255, value & 255];
      return [
        `${a}.${b}.${c}.${d}`,
        String(value),
        `0x${value.toString(16)}`,
        `0${value.toString(8)}`,
        `${a}.${value & 0xff_ffff}`,
        `${a}.${b}.${value & 0xffff}`,
        `0x${a.toString(16)}.0${b.toString(8)}.${c}.${d}`,
        `${a}.${b}.${c}.${d}.`,
      ];
    };
    fc.assert(
      fc.property(number, (value) => {
        const [dotted = '', ...others] = spellings(value);
        const isRefused = refusalOf(dotted) !== undefined;
        for (const host of [dotted, ...others]) {
          let refused = false;
          try {
            guard.checkUrl(`http://${host}/`);
          } catch {
            refused = true;
          }
          expect([host, refused]).toEqual([host, isRefused]);
        }
      }),
    );
  });
});

describe('checkProxied', () => {
  test('lets only addresses pass: what a proxy makes of a name, nobody can check', async () => {
    const { asked, resolve } = resolver({ 'public.test': ['8.8.8.8'] });
    const guard = createGuard({ resolve, privateHosts: ['own.test'] });
    guard.checkProxied('https://8.8.8.8/');
    for (const url of ['https://public.test/', 'https://own.test/', 'http://127.0.0.1/', 'http://0x7f.1/'])
      await thrownBy(() => guard.checkProxied(url), 'GuardRefused');
    expect(asked).toEqual([]);
  });
});
