import { describe, expect, test } from 'vitest';
import { allOf, gathered, listContract, listOf } from './suite.ts';

const SHA256 = '0f'.repeat(32);
const MD5 = 'ab'.repeat(16);

listContract({
  format: 'metalink',
  list: `<?xml version="1.0" encoding="UTF-8"?>
<metalink xmlns="urn:ietf:params:xml:ns:metalink">
 <file name="d/x &amp; y.bin"><size>12</size><hash type="sha-256">${SHA256}</hash>
  <pieces length="4" type="sha-1"><hash>${'0d'.repeat(20)}</hash><hash>${'0d'.repeat(20)}</hash></pieces>
  <url priority="2">ftp://b.example/x.bin</url><url priority="1" location="de">https://a.example/x.bin?a=1&amp;b=2</url>
  <url>https://c.example/x.bin</url><metaurl mediatype="torrent">https://a.example/x.torrent</metaurl>
 </file>
 <file name="z.bin"><url><![CDATA[https://a.example/z.bin]]></url></file>
</metalink>
`,
  entries: [
    {
      name: 'd/x & y.bin',
      sources: ['https://a.example/x.bin?a=1&b=2', 'ftp://b.example/x.bin', 'https://c.example/x.bin'],
      sizeBytes: 12,
      digests: { sha256: SHA256 },
    },
    { name: 'z.bin', sources: ['https://a.example/z.bin'] },
  ],
  recognised: {},
  broken: { find: 'name="d/x &amp; y.bin"', put: 'name="../x"', problem: /^line 3, column \d+: the name has \.\./ },
});

test('Metalink 3: 100 is the best, torrents are no mirrors, older versions are not this one', async () => {
  const list = `<metalink version="3.0" xmlns="http://www.metalinker.org/" xmlns:mm0="http://mm.example/"><files>
<file name="r.xml"><mm0:timestamp>1</mm0:timestamp><size>12</size>
<verification><hash type="md5">${MD5}</hash><hash type="sha256">${SHA256}</hash><pieces length="4" type="sha1"><hash piece="0">00</hash></pieces></verification>
<mm0:alternates><mm0:alternate><size>11</size><verification><hash type="md5">${'00'.repeat(16)}</hash></verification></mm0:alternate></mm0:alternates>
<resources maxconnections="1"><url protocol="rsync" type="rsync" preference="100">rsync://a.example/r.xml</url>
<url type="bittorrent" preference="100">https://a.example/r.torrent</url>
<url protocol="http" type="http" preference="90">http://b.example/r.xml</url><url protocol="https" preference="99">https://a.example/r.xml</url></resources></file>
</files></metalink>`;
  expect(await allOf(list, { fileName: 'r.metalink' })).toMatchObject([
    {
      name: 'r.xml',
      sizeBytes: 12,
      sources: ['https://a.example/r.xml', 'http://b.example/r.xml'],
      digests: { md5: MD5, sha256: SHA256 },
    },
  ]);
});

describe('XML', () => {
  const file = '<file name="x"><url>https://a.example/x</url></file>';
  test.each([
    [
      'a bomb',
      `<!DOCTYPE m [<!ENTITY a "b"><!ENTITY c "&a;&a;&a;">]><metalink>&c;${file}</metalink>`,
      /entities are never expanded/,
    ],
    ['an entity that is none', `<metalink>${file}<file name="&c;"/></metalink>`, /no well-formed XML/],
    ['another document', '<?xml version="1.0"?><feed><entry/></feed>', /no Metalink: its first element is <feed>/],
    ['what does not end', `<metalink>${file}<file name="y">`, /cut off: <file> does not end.*after 1 entries/],
    ['what is nested too deep', `<metalink>${'<a>'.repeat(100)}`, /nested more than/],
    ['a text without an end', `<metalink>${'x'.repeat(3 * 1024 * 1024)}`, /without an element/],
    ['an attribute without an end', `<metalink a="${'x'.repeat(3 * 1024 * 1024)}`, /without an element/],
  ])('with %s is refused', async (_, list, problem) => {
    await expect(allOf(list, { format: 'metalink' })).rejects.toMatchObject({
      code: 'InvalidList',
      message: expect.stringMatching(problem),
    });
  });
});

const NGINX = `<html>
<head><title>Index of /pub/</title></head>
<body>
<h1>Index of /pub/</h1><hr><pre><a href="../">../</a>
<a href="sub/">sub/</a>                     29-Nov-2026 06:00       -
<a href="a%20b.bin">a b.bin</a>             29-Nov-2026 06:00      12
<a href="/pub/c.bin">c.bin</a>              29-Nov-2026 06:00    1.5M
<a href="https://other.example/x">x</a>
</pre><hr></body>
</html>
`;

listContract({
  format: 'index',
  list: NGINX,
  options: { listUrl: 'https://e.example/pub/' },
  entries: [
    { name: 'a b.bin', sources: ['https://e.example/pub/a%20b.bin'], aboutBytes: 12 },
    { name: 'c.bin', sources: ['https://e.example/pub/c.bin'], aboutBytes: 1_572_864 },
  ],
  recognised: {},
  broken: { find: 'a%20b.bin', put: '%20', problem: /^line 6: .*has no name for a file/ },
});

test('the page of Apache: two links to a file, links that sort, folders that are not entered', async () => {
  const page = `<!DOCTYPE HTML PUBLIC "-//W3C//DTD HTML 3.2 Final//EN"><html><body><table>
<tr><th><a href="?C=N;O=D">Name</a></th><th><a href="?C=S;O=A">Size</a></th></tr>
<tr><td><a href="/"><img src="/icons/back.gif"></a></td><td><a href="/">Parent Directory</a></td><td>&nbsp;</td><td align="right">  - </td></tr>
<tr><td><a href="x&amp;y.gz"><img src="/icons/c.gif"></a></td><td><a href="x&amp;y.gz">x&amp;y.gz</a></td><td align="right">2026-11-29 06:00  </td><td align="right">1.2K</td></tr>
<tr><td></td><td><a href="old/">old/</a></td><td>2026-11-29 06:00</td><td>-</td></tr>
</table></body></html>`;
  const list = await listOf(page, { listUrl: 'https://e.example/pub/?C=M' });
  expect(list.format).toBe('index');
  expect(await gathered(list)).toMatchObject([
    { name: 'x&y.gz', sources: ['https://e.example/pub/x&y.gz'], aboutBytes: 1229 },
  ]);
  expect(list.notes()).toMatchObject([{ message: expect.stringContaining('folders below it are not entered') }]);
});

test('a page without files has no entries', async () => {
  await expect(
    allOf('<html><body><a href="https://login.example/">Log in</a></body></html>', {
      listUrl: 'https://e.example/list',
    }),
  ).rejects.toThrow(/\(index\) has no entries/);
});
