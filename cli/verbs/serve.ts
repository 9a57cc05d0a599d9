import { PieceworkError } from '../../lib/errors/error.ts';
import type { Local, LocalOptions, PieceworkEvent, RunningServer, ServeOptions } from '../../lib/index.ts';
import { stated } from '../../lib/values/stated.ts';
import { serverCommands } from '../end-commands/of-server.ts';
import { keepHeapSmall } from '../heap.ts';
import { localOptions, webhookOf } from '../options/request.ts';
import type { Settings } from '../options/table.ts';
import { writeLine } from '../output/lines.ts';
import { writeJson } from '../output/reporters/json-reporter.ts';
import { serverLog } from '../output/server-log.ts';
import type { Verb, VerbCall } from '../verb.ts';

export const serveVerb: Verb = {
  name: 'serve',
  summary: "serve this machine's REST API, and go on with all that is unfinished",
  description:
    'Runs until it is stopped (Ctrl-C, SIGTERM): takes transfers over the REST API that a deployment has, runs them side ' +
    'by side, and after a crash or a reboot goes on with what was unfinished. Stopped, it begins nothing more; what is ' +
    'under way comes to its end, or is gone on with at the next start. A second Ctrl-C stops it at once.',
  arguments: [],
  settings: 'serve',
  examples: [
    { command: 'piecework serve', what: 'on 127.0.0.1:7437' },
    { command: 'piecework submit https://host/disk.iso /data/', what: 'given to it' },
    { command: 'piecework serve --running 4 --limit-rate 20MiB', what: 'four at a time' },
  ],
  run: (call) => runServer(call),
};

/** @param onListening called once it listens, besides what is printed */
export async function runServer(call: VerbCall, onListening?: (server: RunningServer) => void): Promise<void> {
  const { context, settings } = call;
  const log = serverLog(context, settings);
  let opened: Local | undefined;
  const warn = (message: string) => log({ type: 'warning', message });
  const commands = serverCommands(context, settings, () => opened, warn);
  const options: LocalOptions = {
    ...localOptions(settings),
    ...stated({
      running: settings.running,
      connections: settings.connections,
      perHost: settings.hostConnections,
      notify: webhookOf(settings),
    }),
    onEvent(event: PieceworkEvent) {
      log(event);
      commands.event(event);
    },
  };
  keepHeapSmall();
  await using local = await context.openLocal(options);
  opened = local;
  await local.serve(
    serveOptions(settings, (server) => {
      sayListening(call, server);
      onListening?.(server);
    }),
    context.signal,
  );
  await commands.through();
  if (settings.quiet !== true) writeLine(context.stderr, 'stopped; the next start goes on with what is unfinished');
}

function serveOptions(settings: Settings, onListening: NonNullable<ServeOptions['onListening']>): ServeOptions {
  const { listen, socket, tokenFile, tlsCert, tlsKey, host, drain } = settings;
  return {
    onListening,
    ...stated({ listen, socket, tokenFile, hosts: host, drainMs: drain, tls: tlsOf(tlsCert, tlsKey) }),
  };
}

function tlsOf(certFile: string | undefined, keyFile: string | undefined): ServeOptions['tls'] {
  if (certFile !== undefined && keyFile !== undefined) return { certFile, keyFile };
  if (certFile === undefined && keyFile === undefined) return undefined;
  throw new PieceworkError('InvalidOption', 'a certificate and its key belong together: give --tls-cert and --tls-key');
}

function sayListening({ context, settings }: VerbCall, server: RunningServer): void {
  if (settings.json === true) {
    writeJson(context.stdout, { type: 'listening', ...server });
    return;
  }
  if (settings.quiet === true) return;
  writeLine(context.stderr, `listening on ${server.socket ?? server.url}, with the token in ${server.tokenFile}`);
}
