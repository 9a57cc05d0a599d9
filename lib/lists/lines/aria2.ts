import { cleaned } from '../../errors/redact.ts';
import { byLine, TOO_LONG } from '../input/lines.ts';
import type { Reader, ReaderContext, WrittenDigest } from '../input/reader.ts';
import { Headers } from './headers.ts';

interface Block {
  readonly line: number;
  readonly sources: readonly string[];
  readonly headers: Headers;
  out?: string;
  folder?: string;
  digest?: WrittenDigest;
}

/** aria2's input file: mirrors between tabs; the lines below that begin with a space are options of the line above. */
export function readAria2(context: ReaderContext): Reader {
  let block: Block | undefined;

  function finish(): void {
    if (block === undefined) return;
    const { line, sources, out, folder, digest, headers } = block;
    block = undefined;
    context.entry({
      at: { line, column: 1 },
      sources,
      name: folder === undefined || out === undefined ? out : `${folder}/${out}`,
      ...(digest === undefined ? {} : { digests: [digest] }),
      ...headers.stated(),
    });
  }

  return byLine({
    line(text, line) {
      if (text.trim() === '' || text.startsWith('#')) return;
      if (/^[ \t]/.test(text)) {
        const [, name = '', value = ''] = /^([^=]*)=(.*)$/.exec(text.trim()) ?? [];
        if (block === undefined) context.invalid({ line }, 'it is an option, and no URL stands above it');
        else if (!option(block, name, value))
          context.note({ line }, `the option "${cleaned(name || text.trim(), 60)}" is passed over`);
        return;
      }
      finish();
      const sources = text
        .split('\t')
        .map((url) => url.trim())
        .filter((url) => url !== '');
      block = { line, sources, headers: new Headers() };
    },
    tooLong(line) {
      finish();
      context.invalid({ line }, TOO_LONG);
    },
    end: finish,
  });
}

/** False where it is not known, or means something of the machine that aria2 ran on. */
function option(block: Block, name: string, value: string): boolean {
  switch (name) {
    case 'out':
      block.out = value;
      return true;
    case 'dir':
      if (/^(?:[/\\~]|[a-z]:)/i.test(value)) return false;
      block.folder = value;
      return true;
    case 'checksum': {
      const [, algorithm = 'digest', digest = value] = /^([^=]+)=(.*)$/.exec(value) ?? [];
      block.digest = { algorithm, value: digest };
      return true;
    }
    case 'header':
      return block.headers.add(value);
    case 'user-agent':
    case 'referer':
      return block.headers.set(name, value);
    default:
      return false;
  }
}
