import { Parser } from 'htmlparser2';
import { requireBase } from '../input/invalid-list.ts';
import { Progress } from '../input/progress.ts';
import type { Reader, ReaderContext } from '../input/reader.ts';

const MAX_TEXT = 300;
const MAX_HREF = 8192;
/** Dates of Apache, nginx and Caddy, which are no sizes. */
const DATES =
  /\d{4}-\d{2}-\d{2}|\d{1,2}-[a-z]{3}-\d{4}|\d{1,2}\/\d{1,2}\/\d{4}|\d{1,2}:\d{2}(?::\d{2})?(?:\s*[ap]m)?/gi;
const SIZE = /(?:^|\s)(\d+(?:\.\d+)?)\s*([kmgt]?i?)b?(?:ytes)?(?=\s|$)/i;

/**
 * The page of a folder, as Apache, nginx and Caddy make it: files are links directly below the page's own URL. Its
 * sizes are rounded, and so a hint; its dates are in the server's zone and not read.
 */
export function readFolderPage(context: ReaderContext): Reader {
  const page = requireBase(context.options, 'index');
  const folder = URL.parse('.', page)?.href ?? page;
  const progress = new Progress();
  let link: { readonly url: string; readonly line: number } | undefined;
  let text = '';
  let line = 1;
  /** What stands in the link is its name again. */
  let isInLink = false;
  let last = '';

  function finish(): void {
    if (link === undefined) return;
    const { url, line: at } = link;
    link = undefined;
    if (url === last) return;
    last = url;
    context.entry({ at: { line: at }, sources: [url], about: sizeIn(text) });
  }

  const parser = new Parser(
    {
      onopentag(name, { href }) {
        progress.made();
        if (name !== 'a') return;
        isInLink = true;
        const url = href === undefined || href.length > MAX_HREF ? undefined : fileBelow(href, folder);
        // A picture and a name may be two links to one file.
        if (url !== undefined && url === link?.url) return;
        finish();
        text = '';
        if (url === 'folder') context.note({ line }, 'folders below it are not entered');
        else if (url !== undefined) link = { url, line };
      },
      ontext(part) {
        line += part.split('\n').length - 1;
        if (!isInLink && text.length < MAX_TEXT) text += part;
      },
      onclosetag(name) {
        progress.made();
        if (name === 'a') isInLink = false;
        else text += ' ';
      },
    },
    { decodeEntities: true, lowerCaseTags: true, lowerCaseAttributeNames: true },
  );

  return {
    push(part) {
      progress.pushed(part);
      parser.write(part);
    },
    end() {
      parser.end();
      finish();
    },
  };
}

/** The URL of a file directly below the folder; `undefined`: the parent, another place, a link that sorts the page. */
function fileBelow(href: string, folder: string): string | 'folder' | undefined {
  const url = URL.parse(href.trim(), folder);
  if (url === null || !url.href.startsWith(folder)) return undefined;
  const rest = url.href.slice(folder.length);
  if (rest === '' || /[?#]/.test(rest)) return undefined;
  if (rest.endsWith('/')) return 'folder';
  return rest.includes('/') ? undefined : url.href;
}

function sizeIn(text: string): string | undefined {
  const [, number, unit = ''] = SIZE.exec(text.replaceAll(DATES, ' ')) ?? [];
  return number === undefined ? undefined : `${number}${unit === '' ? '' : `${unit.replace(/i$/i, '')}`}`;
}
