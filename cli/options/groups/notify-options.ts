import { secret } from '../kinds/credentials.ts';
import { anyText } from '../kinds/texts.ts';
import type { SettingVerb } from '../option.ts';
import { option } from '../option.ts';

const RUNNING: readonly SettingVerb[] = ['copy', 'batch', 'serve'];
const NOTIFYING: readonly SettingVerb[] = ['copy', 'batch', 'submit', 'serve'];

/** Who hears of an end. */
export const NOTIFY_OPTIONS = {
  notify: option({
    kind: { ...secret, placeholder: 'URL' },
    group: 'Notification',
    verbs: NOTIFYING,
    help: 'webhook that gets a signed POST at the end (docs/events.md); @file = one with the URL in it',
  }),
  notifySecret: option({
    kind: secret,
    group: 'Notification',
    verbs: NOTIFYING,
    help: 'what signs it: whsec_ and base64 of 24 to 64 bytes, or secret://name; better @file, or the environment',
  }),
  onComplete: option({
    kind: anyText('COMMAND'),
    group: 'Notification',
    verbs: RUNNING,
    help: 'run by the shell when all is there; what it is about stands in PIECEWORK_END_… (docs/cli.md)',
  }),
  onError: option({
    kind: anyText('COMMAND'),
    group: 'Notification',
    verbs: RUNNING,
    help: 'the same where it ended without success; not after Ctrl-C',
  }),
};
