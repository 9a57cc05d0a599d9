import { anyText, duration, headers, integer, rate, secret, toggle, userAndPassword } from './kind.ts';
import { FETCHING, option, STORING } from './option.ts';

const DAY_MS = 86_400_000;

/** How the source is asked. */
export const SOURCE_OPTIONS = {
  header: option({
    kind: headers,
    short: '-H',
    group: 'Source',
    verbs: FETCHING,
    help: 'request header "Name: value", for the origin of the URL only; @file = one on each line (repeatable)',
  }),
  user: option({
    kind: userAndPassword,
    short: '-u',
    group: 'Source',
    verbs: FETCHING,
    help: 'user and password for basic authentication; better @file, or the environment',
  }),
  bearer: option({
    kind: secret,
    group: 'Source',
    verbs: FETCHING,
    help: 'token for bearer authentication; better @file, or the environment',
  }),
  maxRedirects: option({
    kind: integer(0, 50),
    group: 'Source',
    verbs: FETCHING,
    help: 'redirects followed at most (0 to 50)',
    fallback: '5',
  }),
  allowInsecureRedirect: option({
    kind: toggle,
    group: 'Source',
    verbs: FETCHING,
    help: 'follow a redirect from https: to http:',
    fallback: 'off',
  }),
  connectTimeout: option({
    kind: duration(1, DAY_MS),
    group: 'Connections',
    verbs: FETCHING,
    help: 'time for name, connection and TLS together',
    fallback: '10s',
  }),
  headersTimeout: option({
    kind: duration(1, DAY_MS),
    group: 'Connections',
    verbs: FETCHING,
    help: 'time from a request to the head of its answer',
    fallback: '30s',
  }),
  stallTimeout: option({
    kind: duration(1, DAY_MS),
    group: 'Connections',
    verbs: FETCHING,
    help: 'a body that is silent for this long is broken off, and its piece fetched again',
    fallback: '30s',
  }),
  minSpeed: option({
    kind: rate(0),
    group: 'Connections',
    verbs: FETCHING,
    help: 'a connection slower than this over a whole stall timeout is broken off too',
    fallback: 'no minimum',
  }),
  caFile: option({
    kind: anyText('FILE'),
    group: 'Connections',
    verbs: STORING,
    help: 'PEM file of authorities to trust besides the usual ones, for source and store',
  }),
};
