import { secretReferences, withReferences } from '../../secrets/references/secrets.ts';
import type { Secrets } from '../../secrets/secrets.ts';
import { withoutEchoes } from '../../sources/echoes.ts';
import { httpSource } from '../../sources/http/source.ts';
import { lazySource } from '../../sources/lazy.ts';
import { withSecretPaths } from '../../sources/secret-path.ts';
import type { Sources } from '../../sources/source.ts';
import { sourcesByScheme } from '../../sources/sources.ts';
import type { Environment } from '../environment.ts';
import { lendingOf } from './source-buckets.ts';
import { sourceGuard, storeGuard, takesS3 } from './source-guard.ts';

/** What only those have who contact sources: planner and fetcher. */
export interface SourceSide {
  sources(environment: Environment): Sources;
  /** With the values of `secret://…` in place of them. */
  secrets(environment: Environment, sealed: Secrets): Secrets;
}

/**
 * Every scheme that is contacted over the network, each address held against the rules as it is connected to. The
 * functions' own role is lent to the buckets that the deployment names for it alone, and SSH servers are known by the
 * fingerprint that comes with the source alone.
 */
export const guardedSources: SourceSide = {
  sources(environment) {
    const guard = sourceGuard(environment);
    const all = [
      httpSource({ guard, userAgent: `piecework/${environment.version}` }),
      lazySource(['ftp', 'ftps', 'ftpes'], async () => {
        const { ftpSource } = await import('../../sources/ftp/source.ts');
        return ftpSource({ guard });
      }),
      lazySource(['sftp'], async () => {
        const { sftpSource } = await import('../../sources/sftp/source.ts');
        return sftpSource({ guard });
      }),
      lazySource(takesS3(environment) ? ['s3'] : [], async () => {
        const { s3Source } = await import('../../sources/s3/source.ts');
        return s3Source({ guard: storeGuard(environment), lending: lendingOf(environment) });
      }),
    ];
    return sourcesByScheme(all.map((source) => withSecretPaths(withoutEchoes(source))));
  },
  secrets({ secretPrefixes }, sealed) {
    if (secretPrefixes.length === 0) return sealed;
    return withReferences(
      sealed,
      secretReferences({
        async stores() {
          const { awsSecretStores } = await import('../../secrets/references/stores.ts');
          return awsSecretStores();
        },
        prefixes: secretPrefixes,
      }),
    );
  },
};
