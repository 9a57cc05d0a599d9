import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { nameOf } from '../../lib/http/grammar/proposed-name.ts';
import { safeName } from '../../lib/values/text/safe-name.ts';

const URL_ = new URL('https://example.com/files/from-url.iso?x=1');
/** How a header's UTF-8 bytes arrive. */
const asBytes = (text: string): string => Buffer.from(text, 'utf8').toString('latin1');

describe('nameOf', () => {
  it.each([
    ['attachment; filename="report.pdf"', 'report.pdf'],
    ['attachment; filename=report.pdf', 'report.pdf'],
    ["attachment; filename*=UTF-8''na%C3%AFve%20plan.txt", 'naïve plan.txt'],
    ['attachment; filename="fallback.txt"; filename*=UTF-8\'\'%E2%82%AC.txt', '€.txt'],
    ['attachment; filename*=UTF-8\'\'%E2%82%AC.txt; filename="fallback.txt"', '€.txt'],
    ["attachment; filename*=ISO-8859-1''%A3.txt", '£.txt'],
    ['attachment; filename="plain.txt"; filename*=UTF-8\'\'%FF%FF', 'plain.txt'],
    [asBytes('attachment; filename="größe.txt"'), 'größe.txt'],
    ['attachment; filename="gr\xf6\xdfe.txt"', 'größe.txt'],
    ['attachment; filename="../../etc/passwd"', 'passwd'],
    ['attachment; filename="C:\\\\temp\\\\x.exe"', 'x.exe'],
    ['attachment; filename=".."', 'from-url.iso'],
    ['attachment; filename=""', 'from-url.iso'],
    ['inline', 'from-url.iso'],
    ['', 'from-url.iso'],
    [undefined, 'from-url.iso'],
  ])('%j → %s', (disposition, expected) => {
    expect(nameOf(disposition, URL_)).toBe(expected);
  });

  it.each([
    ['https://h/a%20b.bin', 'a b.bin'],
    ['https://h/dir/%E2%82%AC.bin?sig=hidden', '€.bin'],
    ['https://h/%2e%2e%2fsecret', '_secret'],
    ['https://h/x%2Fy.bin', 'x_y.bin'],
    ['https://h/bad%FFescape', 'bad%FFescape'],
    ['https://h/', 'download'],
    ['https://h', 'download'],
    ['https://h/dir/', 'download'],
  ])('%s → %s', (url, expected) => {
    expect(nameOf(undefined, new URL(url))).toBe(expected);
  });
});

describe('safeName', () => {
  it.each([
    ['plain.tar.gz', 'plain.tar.gz'],
    ['.bashrc', 'bashrc'],
    ['...', undefined],
    ['', undefined],
    ['///', undefined],
    ['a/b\\c:d', 'a_b_c_d'],
    ['line\nbreak\u0000.txt', 'linebreak.txt'],
    ['invoice\u202Efdp.exe', 'invoicefdp.exe'],
    ['trailing. . ', 'trailing'],
    ['CON', '_CON'],
    ['nul.txt', '_nul.txt'],
    ['com1.tar.gz', '_com1.tar.gz'],
    ['console.txt', 'console.txt'],
    ['-rf', '_-rf'],
    ['--output=x', '_--output=x'],
    ['\u202e-rf', '_-rf'],
    [' -rf ', '_-rf'],
    ['next\u0085line\u2028.txt', 'nextline.txt'],
    ['a-b', 'a-b'],
    ['lone \ud800 half', 'lone \ufffd half'],
  ])('%j → %j', (text, expected) => {
    expect(safeName(text)).toBe(expected);
  });

  it('cuts at 255 bytes of UTF-8, between characters, and keeps the extension', () => {
    const name = safeName(`${'€'.repeat(200)}.tar.gz`) ?? '';
    expect(Buffer.byteLength(name)).toBeLessThanOrEqual(255);
    expect(Buffer.byteLength(name)).toBeGreaterThan(250);
    expect(name).toMatch(/^€+\.gz$|^€+\.tar\.gz$/);
    expect(name.endsWith('.gz')).toBe(true);
  });

  it('gives a name that stays in its folder, whatever the text, and is content with its own', () => {
    const text = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 400 }),
      fc
        .array(fc.constantFrom('.', '-', '/', '\\', 'con', ' ', 'a', '\u0000', '€', '..', ':'), { maxLength: 300 })
        .map((parts) => parts.join('')),
    );
    fc.assert(
      fc.property(text, (input) => {
        const name = safeName(input);
        if (name === undefined) return;
        expect(name).not.toMatch(/[/\\:*?"<>|]|\p{Cc}|^[.-]|^\s|[.\s]$/u);
        expect(name.length).toBeGreaterThan(0);
        expect(Buffer.byteLength(name)).toBeLessThanOrEqual(255);
        expect(safeName(name)).toBe(name);
      }),
      { numRuns: 2000 },
    );
  });
});
