import { S3Client } from '@aws-sdk/client-s3';
import { SFNClient } from '@aws-sdk/client-sfn';
import { SQSClient } from '@aws-sdk/client-sqs';
import { jsonLog } from '../../events/log/events.ts';
import { postWebhook } from '../../events/webhooks/post.ts';
import { sqsParking, sqsQueue } from '../../queues/sqs/queue.ts';
import { secretReferences } from '../../secrets/references/secrets.ts';
import { s3SealedDocuments } from '../../secrets/s3/documents.ts';
import type { NotifyTask } from '../../transfer/messages.ts';
import { stated } from '../../values/stated.ts';
import { aboutBody } from '../messages/about.ts';
import type { BatchHome } from '../messages/batches.ts';
import { giveBack } from '../messages/give-back.ts';
import { NOTIFIER } from '../names.ts';
import { endTask } from './end-task.ts';
import { readNotifierEnvironment } from './environment.ts';
import { hookGuard } from './guard.ts';
import { notify } from './notify.ts';

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
  const { version, sources, secretPrefixes: prefixes, queueUrl, ...environment } = readNotifierEnvironment(variables);
  const { usual } = environment.settings;
  const log = jsonLog({ service: `piecework-${NOTIFIER}`, version });
  const sqs = new SQSClient({});
  const sfn = new SFNClient({});
  const park = sqsParking({ client: sqs, queueUrl: environment.parkedQueueUrl });
  const guard = hookGuard(sources, usual);
  const references = secretReferences({
    prefixes,
    async stores() {
      const { awsSecretStores } = await import('../../secrets/references/stores.ts');
      return awsSecretStores();
    },
  });
  const parts = {
    sealed: s3SealedDocuments({ client: new S3Client({}), bucket: environment.recordsBucket }),
    queue: sqsQueue<NotifyTask>({ client: sqs, queueUrl }),
    dead: sqsQueue<NotifyTask>({ client: sqs, queueUrl: environment.deadQueueUrl }),
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
    failed: ({ body, messageId, attributes }, error) =>
      log.failed('a message comes again', error, {
        messageId,
        receiveCount: attributes.ApproximateReceiveCount,
        ...aboutBody(body),
      }),
    giveBack: (failed) => giveBack(sqs, queueUrl, failed),
    // What becomes of a notification is in the log, and in its queues' own metrics.
    flush() {},
  };
}
