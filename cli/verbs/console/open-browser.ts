import { spawn } from 'node:child_process';
import { rmSync, writeFileSync } from 'node:fs';
import { platform } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

/** Where the page is, with its token behind the `#`, where it is neither sent nor logged. */
export function pageAddress(url: string, token: string): string {
  return `${url}/#token=${encodeURIComponent(token)}`;
}

/**
 * Opens the system's browser. The address holds a token, and a command line can be read by every account: the browser
 * is given a file that its user alone can read, and that leads there.
 * @param folder of the state folder, for that file
 * @returns whether something was there to open it
 */
export async function openBrowser(address: string, environment: NodeJS.ProcessEnv, folder: string): Promise<boolean> {
  const command = commandFor(environment);
  if (command === undefined) return false;
  const file = join(folder, 'open.html');
  const link = address.replaceAll('&', '&amp;').replaceAll('"', '&quot;');
  const text = `<!doctype html><meta charset="utf-8"><meta http-equiv="refresh" content="0;url=${link}"><title>Piecework</title>\n`;
  rmSync(file, { force: true });
  writeFileSync(file, text, { mode: 0o600, flag: 'wx' });
  const [program = '', ...args] = command;
  return await new Promise<boolean>((resolve) => {
    const child = spawn(program, [...args, pathToFileURL(file).href], {
      stdio: 'ignore',
      detached: true,
      env: environment,
    });
    child.once('error', () => resolve(false));
    child.once('spawn', () => {
      child.unref();
      resolve(true);
    });
  });
}

function commandFor(environment: NodeJS.ProcessEnv): readonly string[] | undefined {
  switch (platform()) {
    case 'darwin':
      return ['open'];
    case 'win32':
      return ['rundll32', 'url.dll,FileProtocolHandler'];
    default:
      // Without a display there is no browser, and xdg-open would start one of the terminal.
      return environment['DISPLAY'] || environment['WAYLAND_DISPLAY'] ? ['xdg-open'] : undefined;
  }
}
