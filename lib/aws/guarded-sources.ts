import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { SSMClient } from '@aws-sdk/client-ssm';
import { secretReferences, withReferences } from '../secrets/references.ts';
import type { Secrets } from '../secrets/secrets.ts';
import { httpSource } from '../sources/http.ts';
import type { Sources } from '../sources/source.ts';
import { sourcesByScheme } from '../sources/sources.ts';
import type { Environment } from './environment.ts';
import { sourceGuard } from './source-guard.ts';

/** What only those have who contact sources: planner and fetcher. */
export interface SourceSide {
  sources(environment: Environment): Sources;
  /** With the values of `secret://…` in place of them. */
  secrets(environment: Environment, sealed: Secrets): Secrets;
}

/** HTTP and HTTPS, each address held against the rules as it is connected to. */
export const guardedSources: SourceSide = {
  sources(environment) {
    const userAgent = `piecework/${environment.version}`;
    return sourcesByScheme([httpSource({ guard: sourceGuard(environment), userAgent })]);
  },
  secrets({ secretPrefixes }, sealed) {
    if (secretPrefixes.length === 0) return sealed;
    return withReferences(
      sealed,
      secretReferences({
        secretsManager: new SecretsManagerClient({}),
        ssm: new SSMClient({}),
        prefixes: secretPrefixes,
      }),
    );
  },
};
