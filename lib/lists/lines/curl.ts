import { cleaned } from '../../errors/redact.ts';
import { byLine, TOO_LONG } from '../input/lines.ts';
import type { Reader, ReaderContext } from '../input/reader.ts';
import { Headers } from './headers.ts';

/** What says nothing of the files: how curl talks, and what is done anyway. */
const HARMLESS = new Set(
  (
    'location L continue-at C create-dirs remote-name O remote-name-all fail f fail-with-body silent s show-error S ' +
    'retry retry-delay retry-max-time retry-all-errors retry-connrefused parallel Z parallel-max compressed globoff g ' +
    'progress-bar # no-progress-meter verbose v get G'
  ).split(' '),
);
const SHORT: Readonly<Record<string, string>> = { o: 'output', H: 'header', A: 'user-agent', e: 'referer', u: 'user' };

/** `name = "value"`, `--name value`, `-o value`, `-ovalue`; as curl's tool_parsecfg reads it. */
const OPTION = /^\s*(?:--([a-z0-9][a-z0-9-]*)|-([a-z#:])|([a-z0-9][a-z0-9-]*))(?:\s*[=:]\s*|\s+|(?=")|$)?(.*)$/i;

/**
 * A config file of curl (`-K`). A `url` begins an entry; `output` belongs to the URL before it, or else to the next.
 * Headers count from where they stand to the next `next`.
 */
export function readCurl(context: ReaderContext): Reader {
  let headers = new Headers();
  let url: { readonly text: string; readonly line: number; name: string | undefined } | undefined;
  let nextName: string | undefined;

  function finish(): void {
    if (url === undefined) return;
    const { text, line, name } = url;
    url = undefined;
    context.entry({ at: { line }, sources: [text], name, ...headers.stated() });
  }

  function option(name: string, value: string, line: number): boolean {
    switch (name) {
      case 'url':
        finish();
        url = { text: value, line, name: nextName };
        nextName = undefined;
        return true;
      case 'output':
        if (url !== undefined && url.name === undefined) url.name = value;
        else nextName = value;
        return true;
      case 'next':
        finish();
        headers = new Headers();
        nextName = undefined;
        return true;
      case 'header':
        return headers.add(value);
      case 'user-agent':
      case 'referer':
        return headers.set(name, value);
      case 'user':
        return headers.set('authorization', `Basic ${Buffer.from(value).toString('base64')}`);
      default:
        return HARMLESS.has(name);
    }
  }

  return byLine({
    line(text, line) {
      if (text.trim() === '' || /^\s*[#]/.test(text)) return;
      const [, long, short, bare, rest = ''] = OPTION.exec(text) ?? [];
      const name = long ?? bare ?? SHORT[short ?? ''] ?? short ?? '';
      const value = valueIn(rest);
      if (name === '' || value === undefined)
        context.invalid({ line }, 'it is no option of curl, or its quotes do not match');
      else if (!option(name, value, line)) context.note({ line }, `the option "${cleaned(name, 60)}" is passed over`);
    },
    tooLong(line) {
      finish();
      context.invalid({ line }, TOO_LONG);
    },
    end: finish,
  });
}

const ESCAPES: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t', v: '\v' };

/** Quoted, with escapes, or up to the next space. */
function valueIn(text: string): string | undefined {
  if (!text.startsWith('"')) return text.split(/\s/, 1)[0] ?? '';
  const [, quoted] = /^"((?:[^"\\]|\\.)*)"/.exec(text) ?? [];
  return quoted?.replaceAll(/\\(.)/g, (_, letter: string) => ESCAPES[letter] ?? letter);
}
