import { HOST_FINGERPRINT } from '../../../lib/transfer/locators.ts';
import { FIELD_VALUE } from '../../../lib/values/web/http-fields.ts';
import { headers, secret, userAndPassword } from '../kinds/credentials.ts';
import { duration, integer, rate } from '../kinds/numbers.ts';
import { anyText, endpoint, matching, toggle } from '../kinds/texts.ts';
import { ASKING_SOURCE, ASKING_SOURCES, FETCHING, option, STORING } from '../option.ts';

const DAY_MS = 86_400_000;

/** How the source is asked. */
export const SOURCE_OPTIONS = {
  header: option({
    kind: headers,
    short: '-H',
    group: 'Source',
    verbs: ASKING_SOURCE,
    help: 'request header "Name: value", for the origin of the URL only; @file = one on each line (repeatable)',
  }),
  userAgent: option({
    kind: matching('TEXT', FIELD_VALUE, 'a text that a header can carry, without line breaks'),
    short: '-A',
    group: 'Source',
    verbs: ASKING_SOURCE,
    help: 'how the source is to know the client, where it refuses programs: the header User-Agent',
    fallback: '`piecework/` and the version',
  }),
  user: option({
    kind: userAndPassword,
    short: '-u',
    group: 'Source',
    verbs: ASKING_SOURCE,
    help: 'user and password (HTTP, FTP, SFTP; S3: access key and secret key); better @file, or the environment',
  }),
  secretPath: option({
    kind: toggle,
    group: 'Source',
    verbs: ASKING_SOURCE,
    help: "the URL's path is a secret, like its query: it is neither shown nor stored",
    fallback: 'off, but for tokens of a known shape',
  }),
  bearer: option({
    kind: secret,
    group: 'Source',
    verbs: ASKING_SOURCE,
    help: 'token for bearer authentication; better @file, or the environment',
  }),
  netrc: option({
    kind: toggle,
    group: 'Source',
    verbs: FETCHING,
    help: 'take user and password of the host from the file that NETRC names, else ~/.netrc',
    fallback: 'off',
  }),
  identity: option({
    kind: anyText('FILE'),
    short: '-i',
    group: 'Source',
    verbs: ASKING_SOURCES,
    help: 'private key for SFTP',
    fallback: 'the agent (`SSH_AUTH_SOCK`), then `~/.ssh/id_ed25519`, `id_ecdsa`, `id_rsa`',
  }),
  identityPassphrase: option({
    kind: secret,
    group: 'Source',
    verbs: ASKING_SOURCES,
    help: 'passphrase of that key; better @file, or the environment',
  }),
  knownHosts: option({
    kind: anyText('FILE'),
    group: 'Source',
    verbs: FETCHING,
    help: 'keys of SSH servers that are known',
    fallback: '`~/.ssh/known_hosts`, `/etc/ssh/ssh_known_hosts`',
  }),
  hostFingerprint: option({
    kind: matching('SHA256:…', HOST_FINGERPRINT, 'SHA256: and 43 characters, as ssh-keygen -lf prints it'),
    group: 'Source',
    verbs: ASKING_SOURCE,
    help: 'the key that the SSH server must have, whatever the known hosts say',
  }),
  sourceProfile: option({
    kind: anyText('NAME'),
    group: 'Source',
    verbs: FETCHING,
    help: 'profile of the AWS configuration for an s3: source',
    fallback: '`AWS_PROFILE`, else default',
  }),
  sourceRegion: option({
    kind: matching('REGION', /^[A-Za-z0-9-]+$/, 'a region such as eu-central-1'),
    group: 'Source',
    verbs: ASKING_SOURCES,
    help: 'region of the bucket of an s3: source',
    fallback: "`AWS_REGION`, else the profile's",
  }),
  sourceEndpointUrl: option({
    kind: endpoint,
    group: 'Source',
    verbs: ASKING_SOURCES,
    help: 'URL of the S3-compatible store of an s3: source',
    fallback: '`AWS_ENDPOINT_URL_S3`, `AWS_ENDPOINT_URL`, else AWS',
  }),
  maxRedirects: option({
    kind: integer(0, 50),
    group: 'Source',
    verbs: ASKING_SOURCE,
    help: 'redirects followed at most (0 to 50)',
    fallback: '5',
  }),
  allowInsecureRedirect: option({
    kind: toggle,
    group: 'Source',
    verbs: ASKING_SOURCE,
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
    fallback: '1kiB/s over two, once a second body was asked of the server; 0 = none',
  }),
  caFile: option({
    kind: anyText('FILE'),
    group: 'Connections',
    verbs: STORING,
    help: 'PEM file of authorities to trust besides the usual ones, for source and store',
  }),
};
