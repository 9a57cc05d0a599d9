import { PieceworkError } from '../../errors/error.ts';
import type { Guard } from '../../guard/guard.ts';
import { createGuard } from '../../guard/guard.ts';
import { secretReferences } from '../../secrets/references/secrets.ts';
import type { Hooks } from '../../transfer/hooks.ts';
import type { Environment } from '../environment.ts';
import type { SourceRules } from '../names.ts';
import type { NotificationSettings } from './settings.ts';

/**
 * Webhooks are contacted by the rules of sources. The one of the deployment is its operator's own, so its host may be.
 */
export function hookGuard(sources: SourceRules | undefined, usual: NotificationSettings['usual']): Guard {
  const { allowHosts = [], ...rules } = sources ?? {};
  const own = usual === undefined ? undefined : URL.parse(usual.url)?.hostname;
  const hosts = allowHosts.length === 0 || own === undefined ? allowHosts : [...allowHosts, own];
  return createGuard({ ...rules, allowHosts: hosts, schemes: ['https', 'http'] });
}

/** What is refused at the submit already; a name is looked at again as it is connected to. */
export function hooksCheck({
  sources,
  notifications,
  secretPrefixes,
}: Pick<Environment, 'sources' | 'notifications' | 'secretPrefixes'>): (hooks: Hooks) => Promise<void> {
  const guard = hookGuard(sources, undefined);
  const references = secretReferences({ prefixes: secretPrefixes });
  return async ({ webhook, taskToken }) => {
    if (webhook !== undefined && notifications?.webhooks !== true)
      throw new PieceworkError(
        'InvalidOption',
        'notify: this deployment posts to no webhooks of callers; its prop webhooks would allow it',
      );
    if (taskToken !== undefined && notifications?.taskTokens !== true)
      throw new PieceworkError(
        'InvalidOption',
        'taskToken: this deployment ends no tasks of Step Functions; its prop taskTokens would allow it',
      );
    if (webhook === undefined) return;
    references.checkText(webhook.secret);
    try {
      await guard.check(webhook.url);
    } catch (error) {
      // The sentence of a source's URL would show the path.
      if (!(error instanceof PieceworkError) || error.code !== 'GuardRefused') throw error;
      const host = URL.parse(webhook.url)?.host ?? '';
      throw new PieceworkError(
        'GuardRefused',
        `notify: ${host} is not contacted: webhooks are bound by the rules of sources (allowHosts, denyHosts, privateHosts, ports)`,
        { details: { target: host } },
      );
    }
  };
}
