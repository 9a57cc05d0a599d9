import { PieceworkError } from '../../../lib/errors/error.ts';
import type { RunningServer } from '../../../lib/index.ts';
import { stated } from '../../../lib/values/stated.ts';
import { writeLine } from '../../output/lines.ts';
import { writeJson } from '../../output/reporters/json-reporter.ts';
import { DEPLOYMENT_EXTRAS, findDeployment, findServer } from '../../remote/deployment.ts';
import type { Verb, VerbCall } from '../../verb.ts';
import { runServer } from '../serve.ts';
import { openBrowser, pageAddress } from './open-browser.ts';

export const consoleVerb: Verb = {
  name: 'console',
  summary: 'open the page that shows transfers and batches in the browser',
  description:
    'For this machine: the page of its server; where none runs, it is served by this command until it is stopped. With ' +
    '--api or --stack for a deployment: the page is served on this machine until it is stopped, and what it asks is ' +
    'signed with your own credentials.',
  arguments: [],
  settings: 'serve',
  extras: [{ name: 'no-open', help: 'print the address, and open no browser' }, ...DEPLOYMENT_EXTRAS],
  examples: [
    { command: 'piecework console', what: 'of this machine' },
    { command: 'piecework console --stack Piecework', what: 'of a deployment' },
  ],
  async run(call) {
    const { settings, context } = call;
    const deployment = await findDeployment(call);
    if (deployment !== undefined && !('pid' in deployment)) {
      const { serveConsole } = await import('../../../lib/local/console/serve-console.ts');
      const onListening = ({ url, token }: { readonly url: string; readonly token: string }) =>
        void show(call, pageAddress(url, token), `shows ${deployment.url}, until this is stopped (Ctrl-C)`);
      const options = { apiUrl: deployment.url, auth: deployment.auth, onListening };
      await serveConsole({ ...options, ...stated({ listen: settings.listen }) }, context.signal);
      return;
    }
    const server = deployment ?? (await findServer(settings.stateDir, context.environment));
    if (server !== undefined) await show(call, await addressOfServer(server), 'shows the server that runs');
    else
      await runServer(call, (started) => {
        const what = 'shows the server that this command runs, until it is stopped (Ctrl-C)';
        void addressOfServer(started)
          .then((address) => show(call, address, what))
          .catch((error: unknown) => writeLine(context.stderr, error instanceof Error ? error.message : String(error)));
      });
  },
};

async function addressOfServer({ url, socket, tokenFile }: RunningServer): Promise<string> {
  if (socket !== undefined)
    throw new PieceworkError(
      'InvalidOption',
      `the server listens on a socket (${socket}), which no browser opens: start it with --listen 127.0.0.1:7437`,
    );
  const { readToken } = await import('../../../lib/local/server/token.ts');
  return pageAddress(url, readToken(tokenFile));
}

/** Opens it, or says where it is. */
async function show({ context, settings, extras }: VerbCall, address: string, what: string): Promise<void> {
  // Of a switch that is called `no-`, commander gives what it negates.
  const isWanted = extras['no-open'] !== false;
  const isOpened = isWanted && (await openBrowser(address, context.environment, await folderOf(settings, context)));
  if (settings.json === true) writeJson(context.stdout, { type: 'console', address, isOpened });
  else if (isOpened) writeLine(context.stderr, `opened in the browser: it ${what}`);
  else writeLine(context.stdout, address);
  if (!isOpened && settings.json !== true && settings.quiet !== true)
    writeLine(context.stderr, `open this in a browser: it ${what}`);
}

async function folderOf({ stateDir }: VerbCall['settings'], { environment }: VerbCall['context']): Promise<string> {
  const { makeStateFolder, stateFolderOf } = await import('../../../lib/local/home/state-folder.ts');
  const { serverFolder } = await import('../../../lib/local/server/presence.ts');
  const folder = serverFolder(stateFolderOf(stateDir, environment));
  makeStateFolder(folder);
  return folder;
}
