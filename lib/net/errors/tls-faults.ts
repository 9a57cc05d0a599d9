/** What is wrong with a TLS connection, and what mends it, by Node's and OpenSSL's code. */
interface TlsFault {
  readonly fault: string;
  readonly remedy: string;
}

const GIVE_CA = 'if you trust it, give the certificate of its CA with --ca-file';

const TLS_FAULTS: Readonly<Record<string, TlsFault>> = {
  DEPTH_ZERO_SELF_SIGNED_CERT: {
    fault: 'its certificate is self-signed',
    remedy: 'if you trust it, give that certificate with --ca-file',
  },
  SELF_SIGNED_CERT_IN_CHAIN: {
    fault: 'its certificate chain ends in a private CA that is not trusted here',
    remedy: GIVE_CA,
  },
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: {
    fault: 'its certificate is from an unknown CA, or the server leaves out the certificates in between',
    remedy: GIVE_CA,
  },
  UNABLE_TO_GET_ISSUER_CERT: { fault: 'its certificate is from an unknown CA', remedy: GIVE_CA },
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: { fault: 'its certificate is from an unknown CA', remedy: GIVE_CA },
  CERT_UNTRUSTED: { fault: 'its certificate is from an untrusted CA', remedy: GIVE_CA },
  CERT_SIGNATURE_FAILURE: {
    fault: "its certificate's signature does not match the trusted CA",
    remedy: 'check that --ca-file holds the right CA',
  },
  CERT_HAS_EXPIRED: {
    fault: 'its certificate has expired',
    remedy: 'the server needs a new one (or the clock of this machine is wrong)',
  },
  CERT_NOT_YET_VALID: {
    fault: 'its certificate is not valid yet',
    remedy: 'check the clock of this machine',
  },
  CERT_REVOKED: { fault: 'its certificate was revoked', remedy: 'the server needs a new one' },
  ERR_TLS_CERT_ALTNAME_INVALID: {
    fault: 'its certificate is made out to another host name',
    remedy: 'use a name that the certificate has',
  },
  ERR_SSL_WRONG_VERSION_NUMBER: {
    fault: 'it does not speak TLS on that port',
    remedy: 'check the port, or use http:// if that is what it serves',
  },
  ERR_SSL_PACKET_LENGTH_TOO_LONG: {
    fault: 'it does not speak TLS on that port',
    remedy: 'check the port, or use http:// if that is what it serves',
  },
};

/** `undefined` when the code is not about TLS. */
export function tlsFault(code: string): TlsFault | undefined {
  if (Object.hasOwn(TLS_FAULTS, code)) return TLS_FAULTS[code];
  if (!/^(ERR_SSL_|ERR_TLS_|ERR_OSSL_|CERT_|EPROTO$)|_CERT(_|$)|_CRL(_|$)/.test(code)) return undefined;
  return { fault: 'the TLS handshake failed', remedy: 'check the protocol versions and ciphers that it offers' };
}

/** What a handshake ends with where the other side speaks first, and in the clear. */
export function speaksNoTls(code: string): boolean {
  return code === 'ERR_SSL_WRONG_VERSION_NUMBER' || code === 'ERR_SSL_PACKET_LENGTH_TOO_LONG';
}
