// Who may import whom (docs/architecture.md, "The rooms"). Each rule states its reason; test/infra/import-rules.test.ts
// plants a violation of each one and fails for a rule without one.
//
// Most rules are allow-lists: what is not named in `to.pathNot` is refused, be it another room, a Node builtin or an
// npm package. A path without a prefix (`fs`) is how dependency-cruiser names a builtin.

const PORTS =
  '^lib/(sources/source|destinations/(destination|kind)|records/records|queues/queue|secrets/secrets|events/events)\\.ts$';
const PORT_ROOMS = '^lib/(sources|destinations|records|queues|secrets|events)/';
const BASE = ['^lib/values/', '^lib/errors/'];
const TRANSFER = '^lib/transfer/';
const LISTS = '^lib/lists/';
/** How an answer of HTTP/1.1 is read off its connection. */
const HTTP_FRAMING = '^lib/http/connections/(head|framed-body)\\.ts$';

const NPM = '(^|/)node_modules/';
/** Every Node builtin: no file of ours or of npm's is a path without a dot. */
const BUILTINS = '^(node:)?[a-z0-9_/]+$';

/** @typedef {import('dependency-cruiser').IRegularForbiddenRuleType} Rule */

/**
 * An allow-list: modules at `from` import what `allowed` names and nothing else.
 * @param {string} name
 * @param {string} comment the reason
 * @param {Rule['from']} from
 * @param {string[]} allowed
 * @returns {Rule}
 */
function only(name, comment, from, allowed) {
  return { name, comment, severity: 'error', from, to: { pathNot: allowed } };
}

/**
 * Modules at `from` may know the types of `path`, not its code.
 * @param {string} name
 * @param {string} comment the reason
 * @param {Rule['from']} from
 * @param {Rule['to']} to
 * @returns {Rule}
 */
function typesOnly(name, comment, from, to) {
  return { name, comment, severity: 'error', from, to: { ...to, dependencyTypesNot: ['type-only'] } };
}

/** The rooms of the pipeline, in the order in which bytes and decisions pass, and what each stands on. */
const PIPELINE = {
  shared: [],
  settle: ['shared'],
  advance: ['shared', 'settle'],
  fetch: ['shared'],
  plan: ['shared', 'advance'],
  finish: ['shared', 'advance'],
  requests: ['shared', 'advance'],
  upkeep: ['shared', 'settle', 'advance'],
  batch: ['shared', 'advance', 'requests'],
};

/** @type {Rule[]} */
const pipelineRooms = Object.entries(PIPELINE).map(([room, below]) => ({
  name: `pipeline-${room}`,
  comment: `A transfer passes the rooms one way: ${room} stands on ${below.join(', ') || 'ports and the pure half alone'}, and knows no other of them.`,
  severity: 'error',
  from: { path: `^lib/pipeline/${room}/` },
  to: { path: '^lib/pipeline/', pathNot: `^lib/pipeline/(${[room, ...below].join('|')})/` },
}));

/** @type {Rule[]} */
const rooms = [
  only(
    'values-and-errors-stand-alone',
    'Everything stands on values and errors, so they stand on nothing but each other (and ulid, for ids).',
    { path: BASE },
    [...BASE, `${NPM}ulid/`],
  ),
  only(
    'transfer-is-pure',
    'lib/transfer decides; it is simulated by seed, so it knows values and errors and no world outside.',
    { path: TRANSFER },
    [...BASE, TRANSFER],
  ),
  only(
    'lists-are-pure',
    'What a list says does not depend on where it lies and when it is read: bytes in, entries out. Besides parsers it needs streams, and zlib to unpack.',
    { path: LISTS },
    [
      ...BASE,
      TRANSFER,
      LISTS,
      `${NPM}(csv-parse|saxes|stream-json|stream-chain|htmlparser2)/`,
      '^(node:)?(stream|zlib)$',
    ],
  ),
  only(
    'port-states-an-interface',
    'A port is what pipeline and implementations agree on: values, errors, transfer and other ports, nothing that runs.',
    { path: PORTS },
    [...BASE, TRANSFER, PORTS],
  ),
  typesOnly(
    'port-knows-other-ports-by-type',
    'Ports that call each other are no longer separately replaceable: import the type.',
    { path: PORTS },
    { path: PORTS },
  ),
  only(
    'pipeline-runs-on-ports',
    'The use cases are the same in every home and in the simulation: they reach the world through ports, never through an implementation, a Node builtin or a package. (integrity and lists are arithmetic over bytes.)',
    { path: '^lib/pipeline/' },
    [...BASE, TRANSFER, LISTS, PORTS, '^lib/pipeline/', '^lib/integrity/'],
  ),
  only(
    'implementation-knows-its-own-port',
    'An implementation can be replaced alone: it knows its own port and its own folder, values, errors, integrity, disk, system, http, net, s3, guard and its outside library; no other port, no other implementation.',
    { path: `${PORT_ROOMS}([^/.]+)[/.]`, pathNot: PORTS },
    [
      '^lib/$1/(source|destination|kind|records|queue|secrets|events)\\.ts$',
      '^lib/$1/$2[/.]',
      ...BASE,
      TRANSFER,
      '^lib/(integrity|disk|system|http|net|s3|guard)/',
      NPM,
      BUILTINS,
    ],
  ),
  {
    name: 'implementation-decides-nothing',
    comment:
      'What is decided is decided in lib/transfer and lib/pipeline. An implementation may use the pure checks and tables (a range answer, Retry-After), never the decision.',
    severity: 'error',
    from: { path: [PORT_ROOMS, '^lib/http/'], pathNot: PORTS },
    to: { path: '^lib/transfer/(decide/|record/transitions)' },
  },
  only(
    'integrity-is-arithmetic',
    'Checksums know bytes, not transfers, so that every room may use them.',
    { path: '^lib/integrity/' },
    [...BASE, '^lib/integrity/', NPM, BUILTINS],
  ),
  only(
    'disk-knows-files',
    'Locks and durable writes are shared by records, destinations and the local home; they know files and nothing else.',
    { path: '^lib/disk/' },
    [...BASE, '^lib/disk/', BUILTINS],
  ),
  only(
    'system-is-the-machine',
    'Time and ids of this machine, the same for both homes: whoever decides gets them through ports.',
    { path: '^lib/system/' },
    [...BASE, '^lib/system/', `${NPM}ulid/`, BUILTINS],
  ),
  only(
    'guard-stands-before-http',
    'The guard says what may be contacted; it must not itself depend on those who contact.',
    { path: '^lib/guard/' },
    [...BASE, '^lib/guard/', NPM, BUILTINS],
  ),
  only(
    'http-serves-implementations',
    'lib/http is HTTP under sources and destinations: below them, on the connections of lib/net.',
    { path: '^lib/http/' },
    [...BASE, TRANSFER, '^lib/(http|net|guard)/', NPM, BUILTINS],
  ),
  only(
    'http-grammar-is-pure',
    'What headers and statuses say is read by functions without a connection, so that whoever is answered over HTTP by other means can use them.',
    { path: '^lib/http/grammar/' },
    [...BASE, TRANSFER, '^lib/http/grammar/', NPM],
  ),
  {
    name: 'http-is-for-those-who-speak-it',
    comment: 'FTP, SSH, files and queues have connections and bodies too: what they share with HTTP is in lib/net.',
    severity: 'error',
    from: { path: PORT_ROOMS, pathNot: '^lib/(sources|destinations)/(http|s3)/' },
    to: { path: '^lib/http/' },
  },
  {
    name: 's3-knows-http-by-its-grammar',
    comment: 'Stores are asked through the AWS SDK, on its own connections: only what headers say is read by ours.',
    severity: 'error',
    from: { path: '^lib/(sources|destinations)/s3/' },
    to: { path: '^lib/http/', pathNot: '^lib/http/grammar/' },
  },
  only(
    'net-opens-sockets',
    'lib/net is connections below HTTP, FTP, SSH and streams: opened, pooled, watched. It knows no protocol, and no source.',
    { path: '^lib/net/' },
    [...BASE, '^lib/(net|guard)/', BUILTINS],
  ),
  only(
    's3-serves-both-ends',
    'A source in S3 and a destination in S3 share clients and the names of failures; neither is built from the other. (Connections of its own read answers as lib/http does.)',
    { path: '^lib/s3/' },
    [...BASE, TRANSFER, '^lib/(s3|net|guard)/', HTTP_FRAMING, '^lib/disk/ordinary-file\\.ts$', NPM, BUILTINS],
  ),
  only(
    'api-speaks-to-the-pipeline',
    'One API for Lambda and for the local service: it knows the use cases and the ports, not who implements them. (Its client reads headers by the grammar of HTTP.)',
    { path: '^lib/api/' },
    [...BASE, TRANSFER, LISTS, PORTS, '^lib/(pipeline|api)/', '^lib/http/grammar/', NPM, BUILTINS],
  ),
  {
    name: 'only-homes-compose',
    comment: 'Putting implementations together is what lib/aws and lib/local are for; elsewhere it hides a third home.',
    severity: 'error',
    from: { path: '^(lib|cli|functions|cdk|console|bin)/', pathNot: ['^lib/(aws|local)/', PORT_ROOMS] },
    to: { path: PORT_ROOMS, pathNot: PORTS },
  },
  {
    name: 'homes-stay-apart',
    comment: 'The local home needs no account and the AWS home no disk: neither is built from the other.',
    severity: 'error',
    from: { path: '^lib/(aws|local)/' },
    to: { path: '^lib/(aws|local)/', pathNot: '^lib/$1/' },
  },
  only(
    'aws-names-are-data',
    'The CDK app reads names and limits at synth; an SDK behind them would ride along.',
    { path: '^lib/aws/(names|limits|stage-rights)\\.ts$' },
    [...BASE, '^lib/aws/(names|limits|stage-rights)\\.ts$'],
  ),
  only(
    'index-is-the-front-door',
    'lib/index.ts exports the two homes and the words to speak to them; implementations stay behind the homes.',
    { path: '^lib/index\\.ts$' },
    [...BASE, TRANSFER, LISTS, PORTS, '^lib/(pipeline|api|aws|local)/'],
  ),
  only(
    'cli-drives-a-home',
    'The CLI and the library are the same functions: a verb calls a home or a use case and prints. (Files that the user names are opened in one way.)',
    { path: '^cli/' },
    [
      ...BASE,
      TRANSFER,
      LISTS,
      '^lib/(pipeline|api|aws|local)/',
      '^lib/index\\.ts$',
      '^lib/events/events\\.ts$',
      '^lib/disk/(ordinary|user)-file\\.ts$',
      '^cli/',
      '^package\\.json$',
      NPM,
      BUILTINS,
    ],
  ),
  only(
    'functions-are-wiring',
    'A handler parses the event, calls the pipeline and maps the answer; what else it needs, lib/aws hands it.',
    { path: '^functions/' },
    [
      ...BASE,
      TRANSFER,
      '^lib/(pipeline|api|aws)/',
      '^lib/index\\.ts$',
      '^lib/events/events\\.ts$',
      '^functions/',
      NPM,
      BUILTINS,
    ],
  ),
  typesOnly(
    'events-are-known-by-type',
    'Progress and logs subscribe to events; who emits them is the home: import the type.',
    { path: '^(cli|functions)/' },
    { path: '^lib/events/' },
  ),
  only(
    'cdk-knows-names-and-limits',
    'The construct is loaded by strangers’ apps at synth: it shares names, limits, rights and how hosts and times are written with what it deploys, no code that runs there.',
    { path: '^cdk/' },
    [
      '^lib/aws/(names|limits|stage-rights)\\.ts$',
      '^lib/values/(web/hosts|units|text/owner-name|random)\\.ts$',
      '^cdk/',
      NPM,
      BUILTINS,
    ],
  ),
  only(
    'console-is-a-page',
    'The console runs in a browser: no Node builtin, and of the library only the API’s types.',
    { path: '^console/' },
    ['^lib/api/', '^console/', NPM],
  ),
  typesOnly(
    'console-knows-the-api-by-type',
    'Server code in the page would break it in the browser: import the type.',
    { path: '^console/' },
    { path: '^lib/api/' },
  ),
  {
    name: 'lib-knows-no-caller',
    comment: 'The library is called; it never reaches up to those who call it.',
    severity: 'error',
    from: { path: '^lib/' },
    to: { path: '^(cli|functions|cdk|console|bin)/|^lib/index\\.ts$' },
  },
];

/** @type {Rule[]} */
const everywhere = [
  {
    name: 'no-circular',
    comment: 'Two files that need each other are one file, or hide a third.',
    severity: 'error',
    from: {},
    to: { circular: true },
  },
  {
    name: 'no-orphans',
    comment: 'A file that nobody imports and that imports nobody is left over.',
    severity: 'error',
    from: {
      orphan: true,
      pathNot: ['^(test|bench|examples|docs|bin|tools)/', '\\.d\\.ts$', '^[^/]+$'],
    },
    to: {},
  },
  {
    name: 'no-unresolvable',
    comment: 'An import that resolves to nothing fails at run time, on the machine that has it least.',
    severity: 'error',
    from: {},
    to: { couldNotResolve: true },
  },
  {
    name: 'no-tests-in-production',
    comment: 'Tests and benchmarks are not shipped; what both need belongs in lib.',
    severity: 'error',
    from: { path: '^(lib|cli|functions|cdk|console|bin)/' },
    to: { path: '^(test|bench|tools|examples)/' },
  },
  {
    name: 'no-dev-dependency-in-production',
    comment:
      'npm does not install devDependencies for those who install Piecework: a shipped file that needs one breaks there. The tracer is shipped in the bundles of the functions only.',
    severity: 'error',
    from: { path: '^(lib|cli|functions)/', pathNot: '^functions/tracing/otel\\.ts$' },
    to: { dependencyTypes: ['npm-dev'], dependencyTypesNot: ['type-only'] },
  },
  {
    name: 'no-undeclared-dependency',
    comment: 'A package that package.json does not name is here by luck, as somebody else’s dependency.',
    severity: 'error',
    from: {},
    to: { dependencyTypes: ['npm-no-pkg', 'npm-unknown'] },
  },
];

/** @type {import('dependency-cruiser').IConfiguration} */
export default {
  forbidden: [...rooms, ...pipelineRooms, ...everywhere],
  options: {
    doNotFollow: { path: 'node_modules' },
    // The example is another package's: it imports ours by name, once that is built.
    // What tools/openapi needs is installed only by those who run it.
    exclude: { path: '^(dist|coverage|cdk\\.out|\\.git|examples/cdk-app|tools/openapi)/' },
    tsPreCompilationDeps: 'specify',
    detectProcessBuiltinModuleCalls: true,
    combinedDependencies: false,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'require', 'node', 'default', 'types'],
      extensions: ['.ts', '.tsx', '.js', '.json', '.d.ts'],
    },
  },
};
