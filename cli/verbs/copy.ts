import { PieceworkError } from '../../lib/errors/error.ts';
import { askedValues } from '../end-commands/variables.ts';
import { copyRequest } from '../options/request.ts';
import { serverToBring } from '../remote/server/here.ts';
import type { Verb, VerbCall } from '../verb.ts';
import { copyMany } from './copy-many.ts';
import { follow } from './follow.ts';
import { showPlan } from './plan.ts';

export const copyVerb: Verb = {
  name: 'copy',
  alias: 'cp',
  summary: 'bring a URL to a file, a bucket or stdout',
  description:
    'Brings SOURCE to DEST in pieces, side by side: whole and checked, or not at all. Run again after a crash or ' +
    'Ctrl-C, it goes on with the missing pieces. stdout carries one line, where the object is; all else is stderr.',
  arguments: [
    {
      term: '<SOURCE>',
      help: 'http:, https:, ftp:, ftps:, sftp:, s3: or file: URL, @file with one in it, or - for stdin',
    },
    {
      term: '[DEST...]',
      help: 's3://bucket/key, s3://bucket/prefix/, a path, a folder (existing, or with a trailing /), - for stdout; default: the current folder. With several SOURCEs a folder or a prefix, and the last of them',
    },
  ],
  usage: 'SOURCE... [DEST]',
  settings: 'copy',
  examples: [
    { command: 'piecework copy https://host/disk.iso', what: "into the current folder, under the source's name" },
    { command: 'piecework copy https://host/disk.iso s3://bucket/images/', what: 'into a bucket' },
    {
      command: 'piecework copy -v --parallel 16 https://host/disk.iso /data/',
      what: '16 connections, with the piece map',
    },
    { command: 'piecework copy https://host/a.zip https://host/b.zip /data/', what: 'several into one folder' },
    {
      command: 'piecework copy --expect-sha256 9f86d0… https://host/a.zip a.zip',
      what: 'visible only if the digest is right',
    },
    {
      command: 'piecework copy -H @headers.txt https://host/a.tar - | tar x',
      what: 'into a pipe, with headers from a file',
    },
  ],
  async run(call) {
    const [source = '', destination, ...more] = call.arguments;
    if (more.length > 0) return await copyMany(call);
    if (call.settings.dryRun === true) return await showPlan(call);
    const toStdout = destination === '-';
    if (toStdout) refuseJson(call);
    const request = copyRequest(source, destination, call.settings);
    const asked = askedValues(request.source, destination);
    const isPipe = toStdout || source === '-';
    await using client = isPipe ? undefined : await serverToBring(call);
    if (client === undefined)
      return await follow(call, { toStdout, asked }, (local) => local.copy(request, call.context.signal));
    const { copyThere } = await import('../remote/server/copy-there.ts');
    await follow(call, { toStdout, asked, isThere: true }, (local, onEvent) =>
      copyThere(call, { client, local, onEvent }, request),
    );
  },
};

function refuseJson({ settings }: VerbCall): void {
  if (settings.json !== true) return;
  throw new PieceworkError('InvalidOption', '--json and the bytes of DEST - both want stdout: give one of them');
}
