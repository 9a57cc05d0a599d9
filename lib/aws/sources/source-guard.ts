import { PieceworkError } from '../../errors/error.ts';
import { redactUrl } from '../../errors/redact.ts';
import { withoutSecretPath } from '../../errors/secret-url-path.ts';
import type { Guard } from '../../guard/guard.ts';
import { createGuard } from '../../guard/guard.ts';
import { callerRequest } from '../../http/requests/request-headers.ts';
import { refuseDotSegments } from '../../net/source-url.ts';
import { secretReferences } from '../../secrets/references/secrets.ts';
import { s3Target } from '../../sources/s3/url.ts';
import type { SourceLocator } from '../../transfer/locators.ts';
import type { Environment } from '../environment.ts';
import { SOURCE_SCHEMES } from '../names.ts';
import { lendingOf } from './source-buckets.ts';

type Rules = Pick<Environment, 'sources'>;

/** Whether buckets may be sources; of the other schemes the guard sees it in the URL. */
export function takesS3({ sources }: Rules): boolean {
  return sources?.schemes.includes('s3') === true;
}

/** For every scheme whose URL names the host that is contacted. */
export function sourceGuard({ sources }: Rules): Guard {
  return createGuard({ ...sources, schemes: sources?.schemes.filter((scheme) => scheme !== 's3') ?? [] });
}

/** For `s3:`, whose URL names a bucket: what is contacted is the store's endpoint, over HTTP. */
export function storeGuard({ sources }: Rules): Guard {
  return createGuard({ ...sources, schemes: ['http', 'https'] });
}

/** What is refused at the submit already. What a name resolves to is looked at again as it is connected to. */
export function sourceCheck(environment: Environment): (url: string, source: SourceLocator) => Promise<void> {
  const guard = sourceGuard(environment);
  const stores = storeGuard(environment);
  const references = secretReferences({ prefixes: environment.secretPrefixes });
  async function check(url: string, source: SourceLocator): Promise<void> {
    references.check(source);
    checkScheme(url, environment);
    refuseDotSegments(url);
    // Headers and credentials that would be refused when the source is asked.
    if (/^https?:/i.test(url)) callerRequest({ ...source, url }, '');
    if (!takesS3(environment) || URL.parse(url)?.protocol !== 's3:') return await guard.check(url);
    const { endpoint } = s3Target(source, {}, lendingOf(environment)).object;
    if (endpoint !== undefined) await stores.check(endpoint);
  }

  return async (url, source) => {
    try {
      await check(url, source);
    } catch (error) {
      throw source.secretPath === true && error instanceof PieceworkError ? withoutSecretPath(error, url) : error;
    }
  };
}

/** All of the deployment's schemes, which no single guard knows. */
function checkScheme(url: string, { sources }: Rules): void {
  const [scheme = ''] = url.split(':', 1);
  const known = sources?.schemes ?? [];
  if (known.includes(scheme.toLowerCase())) return;
  const isOurs = SOURCE_SCHEMES.some((one) => one === scheme.toLowerCase());
  throw new PieceworkError(
    'GuardRefused',
    `${redactUrl(url)}: not contacted, because this deployment takes ${known.join(', ')} and no ${scheme}: URLs; ` +
      (isOurs ? 'its prop schemes would allow it' : 'nothing allows it'),
  );
}
