import { duration } from '../kinds/numbers.ts';
import { anyText, toggle } from '../kinds/texts.ts';
import { EVERY_VERB, option } from '../option.ts';

/** What is said, and where things are kept. */
export const OUTPUT_OPTIONS = {
  json: option({
    kind: toggle,
    group: 'Output and state',
    verbs: EVERY_VERB,
    help: 'JSON lines on stdout, the last one the result or the error',
    fallback: 'off',
  }),
  quiet: option({
    kind: toggle,
    short: '-q',
    group: 'Output and state',
    verbs: EVERY_VERB,
    help: 'nothing on stderr but errors',
    fallback: 'off',
  }),
  verbose: option({
    kind: toggle,
    short: '-v',
    group: 'Output and state',
    verbs: EVERY_VERB,
    help: 'more on stderr: the piece map, every retry, the stack of an error',
    fallback: 'off',
  }),
  stateDir: option({
    kind: anyText('FOLDER'),
    group: 'Output and state',
    verbs: EVERY_VERB,
    help: 'where transfers are recorded',
    fallback: '`$XDG_STATE_HOME/piecework`, else `~/.local/state/piecework`',
  }),
  here: option({
    kind: toggle,
    group: 'Output and state',
    verbs: ['copy', 'batch', 'list', 'status', 'cancel', 'retry'],
    help: 'work by itself, also where piecework serve runs on the same state folder',
    fallback: 'off',
  }),
  config: option({
    kind: anyText('FILE'),
    group: 'Output and state',
    verbs: EVERY_VERB,
    help: 'config file',
    fallback: '`$XDG_CONFIG_HOME/piecework/config.json`, else `~/.config/piecework/config.json`',
    inConfig: false,
  }),
  olderThan: option({
    kind: duration(0, 3650 * 86_400_000),
    group: 'Transfer',
    verbs: ['clean'],
    help: 'leave alone what is younger than this',
    fallback: '0s',
  }),
  history: option({
    kind: toggle,
    group: 'Transfer',
    verbs: ['clean'],
    help: 'forget the records of ended transfers, too',
    fallback: 'off',
  }),
};
