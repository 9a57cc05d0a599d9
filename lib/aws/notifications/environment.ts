import { PieceworkError } from '../../errors/error.ts';
import { parseSources, parseTexts } from '../environment.ts';
import type { SourceRules } from '../names.ts';
import { ENV } from '../names.ts';
import type { NotificationSettings } from './settings.ts';
import { parseNotificationSettings } from './settings.ts';

/** What the notifier reads from its environment. */
export interface NotifierEnvironment {
  readonly version: string;
  readonly recordsBucket: string;
  readonly sources: SourceRules;
  readonly secretPrefixes: readonly string[];
  readonly settings: NotificationSettings;
  readonly queueUrl: string;
  readonly deadQueueUrl: string;
  readonly parkedQueueUrl: string;
}

type Variables = Readonly<Record<string, string | undefined>>;

/** @throws PieceworkError `InvalidConfig` that names the first variable which is missing or wrong. */
export function readNotifierEnvironment(variables: Variables): NotifierEnvironment {
  const text = (name: keyof typeof ENV) => variables[ENV[name]] || wrong(name);
  return {
    sources: parseSources(text('sources')) ?? wrong('sources'),
    secretPrefixes: parseTexts(text('secretPrefixes')) ?? wrong('secretPrefixes'),
    settings: parseNotificationSettings(text('notifications')) ?? wrong('notifications'),
    version: text('version'),
    queueUrl: text('notificationsQueueUrl'),
    parkedQueueUrl: text('parkedQueueUrl'),
    recordsBucket: text('recordsBucket'),
    deadQueueUrl: text('notificationsDeadQueueUrl'),
  };
}

function wrong(name: keyof typeof ENV): never {
  throw new PieceworkError(
    'InvalidConfig',
    `the notifier function can't start: ${ENV[name]} is not set, or not as it is to be. It is set by the construct "Piecework"; deploy it again`,
  );
}
