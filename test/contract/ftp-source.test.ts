import { ftpSource } from '../../lib/sources/ftp/source.ts';
import { createAuthority } from '../support/certificates.ts';
import { forAllTests } from '../support/for-all-tests.ts';
import type { FtpServer } from '../support/ftp-server.ts';
import { startFtpServer } from '../support/ftp-server.ts';
import { vsftpd } from '../support/vsftpd.ts';
import { withServer } from '../support/with-server.ts';
import type { SourceServer } from './source.ts';
import { sourceContract } from './source.ts';

const authority = createAuthority();

/** The server is one for all tests, the source new for each. */
function on(start: () => Promise<FtpServer>, scheme: string, features: Partial<SourceServer['features']> = {}) {
  const server = forAllTests(start);
  return async (): Promise<SourceServer> => {
    const source = ftpSource({ ca: authority.cert });
    const { host, port, folder, user, password } = server();
    return {
      source,
      features: { ranges: true, sizes: true, versions: true, ...features },
      async put(file, bytes) {
        await folder.put(file, bytes);
        return { url: `${scheme}://${user}:${encodeURIComponent(password)}@${host}:${port}/${file}` };
      },
      remove: (file) => folder.remove(file),
      [Symbol.asyncDispose]: () => source[Symbol.asyncDispose](),
    };
  };
}

// It answers SIZE without a number where that is 0.
const ftpSrv = { emptySizes: false };
sourceContract(
  'ftp, ftp-srv',
  on(() => startFtpServer({ silent: true }), 'ftp', ftpSrv),
);
for (const [name, scheme, implicit] of [
  ['ftps (implicit), ftp-srv', 'ftps', true],
  ['ftps (explicit), ftp-srv', 'ftps', false],
  ['ftpes, ftp-srv', 'ftpes', false],
] as const) {
  sourceContract(
    name,
    on(() => startFtpServer({ tls: authority.issue(), implicit }), scheme, ftpSrv),
  );
}

await withServer('vsftpd', vsftpd, (start) => {
  sourceContract(
    'ftp, vsftpd',
    on(() => start(), 'ftp'),
  );
  sourceContract(
    'ftps (implicit), vsftpd',
    on(() => start({ tls: authority.issue(), implicit: true }), 'ftps'),
  );
  sourceContract(
    'ftpes, vsftpd',
    on(() => start({ tls: authority.issue() }), 'ftpes'),
  );
  sourceContract(
    'ftp, vsftpd that takes two connections',
    on(() => start({ maxConnections: 2 }), 'ftp'),
  );
});
