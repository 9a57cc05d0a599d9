import type { Socket } from 'node:net';
import type { AnyAuthMethod, Client, ClientChannel, ConnectConfig } from 'ssh2';
import { PieceworkError } from '../../errors/error.ts';
import { redactUrl } from '../../errors/redact.ts';
import type { NetSettings } from '../../net/settings.ts';
import { connectTcp } from '../../net/sockets/tcp.ts';
import { writeTogether } from '../../net/sockets/write-together.ts';
import { connectError, sftpError } from './errors.ts';
import { hostCheck } from './host-key.ts';
import { SftpClient } from './protocol/client.ts';
import type { OpenFiles } from './session.ts';
import { SftpSession } from './session.ts';
import type { SshInput } from './ssh/input.ts';
import { sshInput } from './ssh/input.ts';
import { keepKeysReady } from './ssh/prepared-keys.ts';
import type { SftpTarget } from './url.ts';

export interface SftpSettings extends NetSettings {
  readonly knownHostsFiles: readonly string[];
  readonly agentSocket: string | undefined;
  /** Texts of private keys that are tried where nothing else is given. */
  readonly identities: () => readonly string[];
}

/** @throws PieceworkError, or the signal's reason. */
export async function logIn(
  target: SftpTarget,
  settings: SftpSettings,
  files: OpenFiles,
  signal: AbortSignal,
): Promise<SftpSession> {
  // CommonJS, whose names Node does not see.
  const { default: ssh2 } = await import('ssh2');
  const methods = methodsFor(target, settings, ssh2.utils.parseKey);
  const tried = methods.map(({ type }) => type);
  try {
    const client = new ssh2.Client();
    keepKeysReady(client);
    const ssh = { client, input: sshInput(client) };
    const socket = await ready(ssh, target, settings, methods, signal);
    return await openSftp(ssh, socket, target, settings, files);
  } catch (error) {
    signal.throwIfAborted();
    throw connectError(target, error, [...new Set(tried)]);
  }
}

interface Ssh {
  readonly client: Client;
  readonly input: SshInput;
}

async function ready(
  { client, input }: Ssh,
  target: SftpTarget,
  settings: SftpSettings,
  methods: readonly AnyAuthMethod[],
  signal: AbortSignal,
): Promise<Socket> {
  const { host, port, user } = target;
  const check = hostCheck(target, settings.knownHostsFiles);
  const socket = await connectTcp(
    { host, port, lookup: settings.lookup, timeoutMs: settings.connectTimeoutMs, onread: input.onread },
    signal,
  );
  input.from(socket);
  // ssh2 writes length, content and tag of each message by themselves.
  writeTogether(socket);
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const stop = () => reject(signal.reason);
  signal.addEventListener('abort', stop, { once: true });
  let refused: PieceworkError | undefined;
  client.on('ready', resolve);
  client.on('error', (error) => {
    // An agent that fails is one way in less; the next one is tried by itself.
    if (Object(error).level !== 'agent') reject(refused ?? error);
  });
  client.on('close', () => reject(refused ?? new Error('closed during the handshake')));
  const config: ConnectConfig = {
    sock: socket,
    username: user,
    authHandler: [...methods],
    readyTimeout: settings.connectTimeoutMs + settings.headersTimeoutMs,
    algorithms: {
      serverHostKey: [...check.algorithms] as NonNullable<NonNullable<ConnectConfig['algorithms']>['serverHostKey']>,
    },
    hostVerifier: (key: Buffer) => {
      refused = check.refuse(key);
      return refused === undefined;
    },
  };
  client.connect(config);
  try {
    await promise;
    return socket;
  } catch (error) {
    client.destroy();
    socket.destroy();
    throw error;
  } finally {
    signal.removeEventListener('abort', stop);
  }
}

async function openSftp(
  ssh: Ssh,
  socket: Socket,
  target: SftpTarget,
  { headersTimeoutMs }: SftpSettings,
  files: OpenFiles,
): Promise<SftpSession> {
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(
    () => late.reject(sftpError('SourceTimeout', target, 'the server did not open an SFTP channel in time')),
    headersTimeoutMs,
  );
  try {
    const sftp = await Promise.race([startSftp(ssh, target), late.promise]);
    return new SftpSession(ssh.client, socket, sftp, { target, timeoutMs: headersTimeoutMs, files });
  } catch (error) {
    ssh.client.destroy();
    throw error;
  } finally {
    clearTimeout(timer);
  }
}

async function startSftp({ client, input }: Ssh, target: SftpTarget): Promise<SftpClient> {
  try {
    const channel = await new Promise<ClientChannel>((resolve, reject) => {
      client.subsys('sftp', (error, opened) => {
        if (error === undefined || error === null) resolve(opened);
        else reject(error);
      });
    });
    // It has no reader, and what is not read would fill the connection.
    channel.stderr.resume();
    return await SftpClient.start(channel, input.letGo);
  } catch (error) {
    throw sftpError('SourceUnsupported', target, 'the server offers no SFTP', error);
  }
}

/** In this order: what was given for this source; else the agent, and the keys that lie ready. */
function methodsFor(
  target: SftpTarget,
  settings: SftpSettings,
  parseKey: typeof import('ssh2').utils.parseKey,
): AnyAuthMethod[] {
  const { user: username, password, key } = target;
  if (key !== undefined) {
    const parsed = parseKey(key.privateKey, key.passphrase);
    if (parsed instanceof Error) throw badKey(target, key.passphrase !== undefined, parsed);
    return [
      {
        type: 'publickey',
        username,
        key: key.privateKey,
        ...(key.passphrase === undefined ? {} : { passphrase: key.passphrase }),
      },
    ];
  }
  if (password !== undefined) {
    return [
      { type: 'password', username, password },
      // Many servers ask for the password this way only.
      {
        type: 'keyboard-interactive',
        username,
        prompt: (_name, _text, _language, prompts, answer) => answer(prompts.map(() => password)),
      },
    ];
  }
  const usable = settings.identities().filter((text) => !(parseKey(text) instanceof Error));
  return [
    ...(settings.agentSocket === undefined ? [] : [{ type: 'agent', username, agent: settings.agentSocket } as const]),
    ...usable.map((text) => ({ type: 'publickey', username, key: text }) as const),
  ];
}

function badKey({ url }: SftpTarget, hasPassphrase: boolean, cause: Error): PieceworkError {
  const isEncrypted = /passphrase|encrypted|decrypt|integrity/i.test(cause.message);
  const why = !isEncrypted
    ? 'is none that SSH knows; give the text of a file such as ~/.ssh/id_ed25519 (not of its .pub)'
    : hasPassphrase
      ? 'does not open with this passphrase'
      : 'is encrypted; give its passphrase';
  return new PieceworkError('InvalidOption', `${redactUrl(url.href)}: the private key ${why}`);
}
