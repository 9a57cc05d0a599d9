import type { LookupAddress } from 'node:dns';
import { isIP } from 'node:net';
import fc from 'fast-check';
import ipaddr from 'ipaddr.js';
import { describe, expect, it, test } from 'vitest';
import type { Guard, GuardPolicy } from '../../lib/guard/guard.ts';
import { createGuard } from '../../lib/guard/guard.ts';
import { refusalOf } from '../../lib/guard/ranges.ts';
import { plainHost } from '../../lib/values/hosts.ts';
import { failureOf, thrownBy } from '../support/reading.ts';

// Nothing here connects: URLs are only checked, names only resolved by what the test gives.

/** Answers as it is set up, and remembers what it was asked. */
function resolver(answers: Readonly<Record<string, readonly string[]>>) {
  const asked: string[] = [];
  const resolve = async (hostname: string): Promise<readonly LookupAddress[]> => {
    asked.push(hostname);
    return (answers[hostname] ?? []).map((address) => ({ address, family: isIP(address) }));
  };
  return { asked, resolve };
}

function guardWith(answers: Readonly<Record<string, readonly string[]>>, policy: GuardPolicy = {}): Guard {
  return createGuard({ ...policy, resolve: resolver(answers).resolve });
}

/** As undici and Node call it. */
function lookUp(guard: Guard, hostname: string): Promise<LookupAddress[]> {
  return new Promise((resolve, reject) => {
    guard.lookup(hostname, { all: true }, (error, found) =>
      error === null ? resolve(found as LookupAddress[]) : reject(error),
    );
  });
}

function lookUpOne(guard: Guard, hostname: string): Promise<readonly [unknown, unknown]> {
  return new Promise((resolve, reject) => {
    guard.lookup(hostname, {}, (error, address, family) =>
      error === null ? resolve([address, family]) : reject(error),
    );
  });
}

describe('an address', () => {
  it.each([
    // each range's first and last, and what AWS, Google, Azure, Alibaba and Oracle answer with credentials
    '0.0.0.0',
    '0.255.255.255',
    '10.0.0.0',
    '10.255.255.255',
    '100.64.0.0',
    '100.127.255.255',
    '127.0.0.1',
    '127.255.255.255',
    '169.254.0.0',
    '169.254.169.254',
    '169.254.170.2',
    '169.254.170.23',
    '169.254.255.255',
    '172.16.0.0',
    '172.31.255.255',
    '192.0.0.0',
    '192.0.0.192',
    '192.0.2.1',
    '192.88.99.1',
    '192.168.0.0',
    '192.168.255.255',
    '198.18.0.0',
    '198.19.255.255',
    '198.51.100.1',
    '203.0.113.255',
    '224.0.0.1',
    '239.255.255.255',
    '240.0.0.1',
    '255.255.255.255',
    '100.100.100.200',
    '168.63.129.16',
    '::',
    '::1',
    '::7f00:1',
    '::ffff:127.0.0.1',
    '::ffff:8.8.8.8',
    '::ffff:0:7f00:1',
    '64:ff9b::1',
    '64:ff9b::a9fe:a9fe',
    '64:ff9b:1::a00:1',
    '100::1',
    '2001::1',
    '2001:2::1',
    '2001:10::1',
    '2001:20::1',
    '2001:1ff:ffff::',
    '2001:db8::1',
    '2002:7f00:1::1',
    '2002:a9fe:a9fe::',
    '3fff::1',
    '4000::1',
    '5f00::1',
    'fc00::1',
    'fd00:ec2::254',
    'fd00:ec2::23',
    'fd20:ce::254',
    'fdff::1',
    'fe80::1',
    'febf::1',
    'fec0::1',
    'ff02::1',
    'ffff::1',
  ])('%s is refused', (address) => {
    expect(refusalOf(address)).toBeDefined();
  });

  it.each([
    '1.1.1.1',
    '8.8.8.8',
    '9.255.255.255',
    '11.0.0.0',
    '100.63.255.255',
    '100.128.0.0',
    '126.255.255.255',
    '128.0.0.0',
    '169.253.255.255',
    '169.255.0.0',
    '172.15.255.255',
    '172.32.0.0',
    '192.0.1.0',
    '192.167.255.255',
    '192.169.0.0',
    '198.17.255.255',
    '198.20.0.0',
    '223.255.255.255',
    '2001:200::1',
    '2001:4860:4860::8888',
    '2001:db7:ffff::1',
    '2003::1',
    '2606:4700::1111',
    '2a00:1450::1',
    '3ffe:ffff::1',
  ])('%s is public', (address) => {
    expect(refusalOf(address)).toBeUndefined();
  });

  it.each([
    '',
    'localhost',
    '0x7f.1',
    '127.1',
    '2130706433',
    '[::1]',
    '::1%lo',
    'fe80::1%eth0',
    '1.2.3.4%eth0',
    '1.2.3.4 ',
  ])('%j is none', (text) => {
    expect(refusalOf(text)).toMatchObject({ what: 'not an address', openable: false });
  });

  test('of metadata, and whatever leads elsewhere, no list opens', () => {
    for (const address of [
      '169.254.169.254',
      '169.254.170.2',
      'fd00:ec2::254',
      '100.100.100.200',
      '0.0.0.0',
      '::ffff:10.0.0.1',
      '64:ff9b::a00:1',
      '2002:a00:1::',
      '224.0.0.1',
    ]) {
      expect(refusalOf(address)?.openable).toBe(false);
    }
    for (const address of ['10.0.0.1', '127.0.0.1', '::1', 'fd00::1', '100.64.0.1'])
      expect(refusalOf(address)?.openable).toBe(true);
  });

  test('that ipaddr.js, by its own table, calls anything but unicast is never public', () => {
    const v4 = fc.ipV4();
    // Half of them within 2000::/3, where the exceptions lie.
    const v6 = fc.oneof(
      fc.ipV6(),
      fc.tuple(fc.constantFrom('2001', '2002', '2620', '3fff'), fc.ipV6()).map(([head, rest]) =>
        ipaddr
          .parse(rest)
          .toNormalizedString()
          .replace(/^[^:]+/, head),
      ),
    );
    const asAnswered = (text: string) => ipaddr.parse(text).toString();
    fc.assert(
      fc.property(fc.oneof(v4, v6).map(asAnswered), (address) => {
        const range = ipaddr.parse(address).range();
        // AS112 is a public service that answers reverse lookups of private addresses, and AMT relays
        // and drone tags are public too.
        if (!['unicast', 'as112', 'as112v6', 'amt', 'droneRemoteIdProtocolEntityTags'].includes(range))
          expect(refusalOf(address)).toBeDefined();
      }),
      { numRuns: 5000 },
    );
  });

  test('of IPv4 within an IPv6 one is refused, whichever it is', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 0xffff_ffff }), (number) => {
        const high = (number >>> 16).toString(16);
        const low = (number & 0xffff).toString(16);
        for (const address of [
          `::${high}:${low}`,
          `::ffff:${high}:${low}`,
          `::ffff:0:${high}:${low}`,
          `64:ff9b::${high}:${low}`,
          `64:ff9b:1::${high}:${low}`,
          `2002:${high}:${low}::`,
          `2001:0:${high}:${low}::1`,
        ]) {
          expect(refusalOf(address)).toBeDefined();
        }
      }),
    );
  });
});

describe('a host', () => {
  it.each([
    ['EXAMPLE.com', 'example.com'],
    ['example.com.', 'example.com'],
    ['bücher.example', 'xn--bcher-kva.example'],
    ['ⓔxample.com', 'example.com'],
    ['2130706433', '127.0.0.1'],
    ['0x7f000001', '127.0.0.1'],
    ['0x7F.1', '127.0.0.1'],
    ['017700000001', '127.0.0.1'],
    ['127.1', '127.0.0.1'],
    ['127.0.0.1.', '127.0.0.1'],
    ['１２７。０。０。１', '127.0.0.1'],
    ['%31%32%37.0.0.1', '127.0.0.1'],
    ['[::1]', '::1'],
    ['0:0:0:0:0:0:0:1', '::1'],
    ['[::FFFF:127.0.0.1]', '::ffff:7f00:1'],
    ['[0:0:0:0:0:ffff:a9fe:a9fe]', '::ffff:a9fe:a9fe'],
  ])('%s is %s', (given, plain) => {
    expect(plainHost(given)).toBe(plain);
  });

  it.each([
    '',
    '.',
    'a b',
    'a/b',
    'a@b',
    'a:80',
    'a#b',
    'a?b',
    'a\\b',
    '1.2.3.4.5',
    '256.256.256.256',
    '[fe80::1%25eth0]',
    'fe80::1%eth0',
    '[::1',
    'a\nb',
  ])('%j is none', (given) => {
    expect(plainHost(given)).toBeUndefined();
  });
});

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

describe('lookup', () => {
  const ANSWERS = {
    'public.test': ['8.8.8.8', '2606:4700::1111'],
    'inside.test': ['10.0.0.1'],
    'mixed.test': ['10.0.0.1', '8.8.4.4', '::1', '169.254.169.254', 'fe80::1%eth0', '64:ff9b::808:808'],
    'meta.test': ['169.254.169.254'],
    'own.test': ['10.9.9.9', '127.0.0.1', '169.254.169.254'],
    'none.test': [],
  };

  test('gives all addresses of a public host, as the resolver had them', async () => {
    const guard = guardWith(ANSWERS);
    expect(await lookUp(guard, 'public.test')).toEqual([
      { address: '8.8.8.8', family: 4 },
      { address: '2606:4700::1111', family: 6 },
    ]);
    expect(await lookUpOne(guard, 'public.test')).toEqual(['8.8.8.8', 4]);
  });

  test('gives the allowed ones of several, and never another', async () => {
    const guard = guardWith(ANSWERS);
    expect(await lookUp(guard, 'mixed.test')).toEqual([{ address: '8.8.4.4', family: 4 }]);
    expect(await lookUpOne(guard, 'mixed.test')).toEqual(['8.8.4.4', 4]);
  });

  test('refuses where none is left, without telling what there was', async () => {
    const guard = guardWith(ANSWERS);
    for (const host of ['inside.test', 'meta.test']) {
      for (const refused of [lookUp(guard, host), lookUpOne(guard, host)]) {
        const error = await failureOf(refused, 'GuardRefused');
        expect(JSON.stringify([error.message, error.details, error.cause])).not.toMatch(
          /10\.0\.0\.1|169\.254|private address|metadata/,
        );
        expect(error.message).toContain('privateHosts');
      }
    }
  });

  test('opens private addresses to whom privateHosts names, and metadata to nobody', async () => {
    const guard = guardWith(ANSWERS, { privateHosts: ['own.test', 'meta.test'] });
    expect(await lookUp(guard, 'own.test')).toEqual([
      { address: '10.9.9.9', family: 4 },
      { address: '127.0.0.1', family: 4 },
    ]);
    await failureOf(lookUp(guard, 'meta.test'), 'GuardRefused');
    await failureOf(lookUp(guard, 'inside.test'), 'GuardRefused');
  });

  test('holds the lists against names and against what they lead to', async () => {
    const guard = guardWith(ANSWERS, {
      denyHosts: ['8.8.8.8', 'inside.test', '2606:4700:0:0::1111'],
      privateHosts: ['inside.test'],
    });
    await failureOf(lookUp(guard, 'public.test'), 'GuardRefused');
    await failureOf(lookUp(guard, 'inside.test'), 'GuardRefused');
    await failureOf(lookUp(guardWith(ANSWERS, { allowHosts: ['other.test'] }), 'public.test'), 'GuardRefused');
  });

  test('asks nobody about an address, and judges it as one', async () => {
    const { asked, resolve } = resolver({});
    const guard = createGuard({ resolve });
    expect(await lookUp(guard, '8.8.8.8')).toEqual([{ address: '8.8.8.8', family: 4 }]);
    for (const host of [
      '127.0.0.1',
      '127.1',
      '0x7f.1',
      '2130706433',
      '::1',
      '[::1]',
      '::ffff:10.0.0.1',
      'fe80::1%eth0',
    ])
      await failureOf(lookUp(guard, host), 'GuardRefused');
    expect(asked).toEqual([]);
  });

  test('what has no address is not found, as it is without a guard', async () => {
    await expect(lookUp(guardWith(ANSWERS), 'none.test')).rejects.toMatchObject({ code: 'ENOTFOUND' });
    const failing = createGuard({
      resolve: () => Promise.reject(Object.assign(new Error('try again'), { code: 'EAI_AGAIN' })),
    });
    await expect(lookUp(failing, 'a.test')).rejects.toMatchObject({ code: 'EAI_AGAIN' });
  });

  test('resolves anew each time: a name that was public a moment ago is refused once it leads inside', async () => {
    let turn = 0;
    const guard = createGuard({
      resolve: async () => {
        turn += 1;
        return [{ address: turn === 1 ? '8.8.8.8' : '127.0.0.1', family: 4 }];
      },
    });
    await guard.check('http://rebind.test/');
    await failureOf(lookUp(guard, 'rebind.test'), 'GuardRefused');
    expect(turn).toBe(2);
  });

  test('asks for the family that is wanted', async () => {
    const families: number[] = [];
    const guard = createGuard({
      resolve: async (_, family) => {
        families.push(family);
        return [{ address: '8.8.8.8', family: 4 }];
      },
    });
    for (const family of [undefined, 0, 4, 6, 'IPv4', 'IPv6'] as const) {
      await new Promise((done) => guard.lookup('a.test', family === undefined ? {} : { family }, done));
    }
    expect(families).toEqual([0, 0, 4, 6, 4, 6]);
  });

  test('gives no address that is refused, whatever the resolver answers', async () => {
    const address = fc.oneof(
      fc.ipV4(),
      fc.ipV6(),
      fc.constantFrom('127.0.0.1', '::1', '169.254.169.254', '8.8.8.8', 'junk', '::1%lo'),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(address, { minLength: 1, maxLength: 6 }), async (answers) => {
        const guard = guardWith({ 'any.test': answers });
        const found = await lookUp(guard, 'any.test').catch(() => []);
        for (const { address: given } of found) expect(refusalOf(given)).toBeUndefined();
        const publics = answers.filter((answer) => refusalOf(answer) === undefined);
        expect(found.map(({ address: given }) => given)).toEqual(publics);
      }),
    );
  });
});

describe('check', () => {
  test('resolves as well, and lets pass what can not be resolved now', async () => {
    const guard = guardWith({ 'inside.test': ['10.0.0.1'], 'public.test': ['8.8.8.8'] });
    await guard.check('https://public.test/a');
    await guard.check('https://none.test/a');
    await failureOf(guard.check('https://inside.test/a'), 'GuardRefused');
    await failureOf(guard.check('http://127.0.0.1/'), 'GuardRefused');
    await failureOf(guard.check('nonsense'), 'InvalidUrl');
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
