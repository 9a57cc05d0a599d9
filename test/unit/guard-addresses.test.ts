import fc from 'fast-check';
import ipaddr from 'ipaddr.js';
import { describe, expect, it, test } from 'vitest';
import { refusalOf } from '../../lib/guard/refused-addresses.ts';
import { plainHost } from '../../lib/values/web/hosts.ts';

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
    '2a00:1450::5efe:10.0.0.1',
    '2a00:1450::5efe:a9fe:a9fe',
    '2a00:1450:1:2:200:5efe:127.0.0.1',
    '2a00:1450::300:5efe:192.168.0.1',
    'fd00::5efe:a9fe:a9fe',
    '2a00:1450::5efe:0.0.0.0',
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
    '2a00:1450::5efe:8.8.8.8',
    '2a00:1450::5eff:10.0.0.1',
    '2a00:1450::1:5efe:10.0.0.1',
    '2a00:1450::400:5efe:10.0.0.1',
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
      '2a00:1450::5efe:10.0.0.1',
      'fd00::5efe:169.254.169.254',
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
