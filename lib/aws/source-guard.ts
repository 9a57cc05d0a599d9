import type { Guard } from '../guard/guard.ts';
import { createGuard } from '../guard/guard.ts';
import { secretReferences } from '../secrets/references.ts';
import type { SourceLocator } from '../transfer/locators.ts';
import type { Environment } from './environment.ts';

const SCHEMES = ['http', 'https'];

export function sourceGuard({ sources }: Pick<Environment, 'sources'>): Guard {
  return createGuard({ schemes: SCHEMES, ...sources });
}

/** What is refused at the submit already. What a name resolves to is looked at again as it is connected to. */
export function sourceCheck(environment: Environment): (url: string, source: SourceLocator) => Promise<void> {
  const guard = sourceGuard(environment);
  const references = secretReferences({ prefixes: environment.secretPrefixes });
  return async (url, source) => {
    references.check(source);
    await guard.check(url);
  };
}
