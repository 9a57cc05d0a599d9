import { duration, integer } from '../kinds/numbers.ts';
import { anyText, texts } from '../kinds/texts.ts';
import type { SettingVerb } from '../option.ts';
import { option } from '../option.ts';

const SERVING: readonly SettingVerb[] = ['serve'];
const HOUR_MS = 3_600_000;

/** How a machine serves its API. */
export const SERVER_OPTIONS = {
  listen: option({
    kind: anyText('ADDRESS:PORT'),
    group: 'Server',
    verbs: SERVING,
    help: 'where to listen; port 0 is one that the system chooses. What other machines reach needs --token-file and TLS',
    fallback: '`127.0.0.1:7437`',
  }),
  socket: option({
    kind: anyText('PATH'),
    group: 'Server',
    verbs: SERVING,
    help: 'a Unix socket to listen on in place of a port',
  }),
  tokenFile: option({
    kind: anyText('FILE'),
    group: 'Server',
    verbs: SERVING,
    help: 'holds the token that each request has to bring',
    fallback: '`server/token` in the state folder, made at the first start',
  }),
  tlsCert: option({
    kind: anyText('FILE'),
    group: 'Server',
    verbs: SERVING,
    help: 'certificate (PEM), to be asked over HTTPS',
  }),
  tlsKey: option({ kind: anyText('FILE'), group: 'Server', verbs: SERVING, help: 'its private key (PEM)' }),
  host: option({
    kind: texts('NAME'),
    group: 'Server',
    verbs: SERVING,
    help: 'further name by which clients call the server (repeatable)',
  }),
  running: option({
    kind: integer(1, 1000),
    group: 'Server',
    verbs: SERVING,
    help: 'transfers that run side by side',
    fallback: '16',
  }),
  connections: option({
    kind: integer(1, 10_000),
    group: 'Server',
    verbs: SERVING,
    help: 'connections to sources in all',
    fallback: '64, or as many as one transfer was asked to have',
  }),
  hostConnections: option({
    kind: integer(1, 1000),
    group: 'Server',
    verbs: SERVING,
    help: 'connections to one host',
    fallback: '16, or as many as one transfer was asked to have',
  }),
  drain: option({
    kind: duration(0, HOUR_MS),
    group: 'Server',
    verbs: SERVING,
    help: 'when it is stopped, what is under way has so long to come to its end',
    fallback: '30s',
  }),
};
