import { S3Client } from '@aws-sdk/client-s3';
import { SFNClient } from '@aws-sdk/client-sfn';
import { SQSClient } from '@aws-sdk/client-sqs';
import { PieceworkError } from '../../errors/error.ts';
import { jsonLog } from '../../events/log/events.ts';
import { postWebhook } from '../../events/webhooks/post.ts';
import { sqsParking, sqsQueue } from '../../queues/sqs/queue.ts';
import { secretReferences } from '../../secrets/references/secrets.ts';
import { s3SealedDocuments } from '../../secrets/s3/documents.ts';
import type { NotifyTask } from '../../transfer/messages.ts';
import { stated } from '../../values/stated.ts';
import { parseSources, parseTexts } from '../environment.ts';
import type { BatchHome } from '../messages/batches.ts';
import { giveBack } from '../messages/give-back.ts';
import { ENV, NOTIFIER } from '../names.ts';
import { endTask } from './end-task.ts';
import { hookGuard } from './guard.ts';
import { notify } from './notify.ts';
import { parseNotificationSettings } from './settings.ts';

export interface Notifier extends BatchHome {
  notify(task: NotifyTask): Promise<void>;
}

type Variables = Readonly<Record<string, string | undefined>>;

/**
 * What the notifier has: its queue and its dead letters, hooks to read and to delete, secrets by reference. No record,
 * no source, no object.
 * @throws PieceworkError `InvalidConfig` that names the first variable which is missing or wrong.
 */
export function openNotifier(variables: Variables = process.env): Notifier {
  const text = (name: keyof typeof ENV) => variables[ENV[name]] || wrong(name);
  const sources = parseSources(text('sources')) ?? wrong('sources');
  const prefixes = parseTexts(text('secretPrefixes')) ?? wrong('secretPrefixes');
  const { usual } = parseNotificationSettings(text('notifications')) ?? wrong('notifications');
  const version = text('version');
  const log = jsonLog({ service: `piecework-${NOTIFIER}`, version });
  const sqs = new SQSClient({});
  const sfn = new SFNClient({});
  const queueUrl = text('notificationsQueueUrl');
  const park = sqsParking({ client: sqs, queueUrl: text('parkedQueueUrl') });
  const guard = hookGuard(sources, usual);
  const references = secretReferences({
    prefixes,
    async stores() {
      const { awsSecretStores } = await import('../../secrets/references/stores.ts');
      return awsSecretStores();
    },
  });
  const parts = {
    sealed: s3SealedDocuments({ client: new S3Client({}), bucket: text('recordsBucket') }),
    queue: sqsQueue<NotifyTask>({ client: sqs, queueUrl }),
    dead: sqsQueue<NotifyTask>({ client: sqs, queueUrl: text('notificationsDeadQueueUrl') }),
    secret: references.value,
    post: (...[webhook, notification]: Parameters<Parameters<typeof notify>[0]['post']>) =>
      postWebhook(webhook, notification, { guard, userAgent: `piecework/${version}` }),
    endTask: (...[token, detail]: Parameters<Parameters<typeof notify>[0]['endTask']>) => endTask(sfn, token, detail),
    warn: (sentence: string, about: Readonly<Record<string, unknown>>) => log.warn(sentence, about),
    now: Date.now,
    ...stated({ usual }),
  };
  return {
    notify: (task) => notify(parts, task),
    async park({ body, messageId }, because) {
      await park(body, because);
      log.warn('a message was parked', { messageId, because });
    },
    failed: ({ messageId, attributes }, error) =>
      log.failed('a message comes again', error, { messageId, receiveCount: attributes.ApproximateReceiveCount }),
    giveBack: (failed) => giveBack(sqs, queueUrl, failed),
    // What becomes of a notification is in the log, and in its queues' own metrics.
    flush() {},
  };
}

function wrong(name: keyof typeof ENV): never {
  throw new PieceworkError(
    'InvalidConfig',
    `the notifier function can't start: ${ENV[name]} is not set, or not as it is to be. It is set by the construct "Piecework"; deploy it again`,
  );
}
