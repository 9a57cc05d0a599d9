import { X509Certificate } from 'node:crypto';
import type { SecureContext } from 'node:tls';
import { createSecureContext, getCACertificates } from 'node:tls';
import { PieceworkError } from '../../errors/error.ts';

/**
 * Trusts these PEM certificates (not file names) besides those that Node trusts anyway; `undefined` without any. They
 * are looked at now, and the context is built once, when it is first asked for: one of 150 authorities for each
 * connection would cost more than its handshake, and without TLS there is no use for any (30 ms and 5 MiB).
 * @throws PieceworkError `InvalidOption`.
 */
export function trusting(ca: string | readonly string[] | undefined): () => SecureContext | undefined {
  const texts = ca === undefined ? [] : typeof ca === 'string' ? [ca] : ca;
  if (texts.length === 0) return () => undefined;
  const own = texts.flatMap((text) => {
    const blocks = text.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? [];
    if (blocks.length === 0) throw notCertificates();
    return blocks;
  });
  try {
    for (const pem of own) new X509Certificate(pem);
  } catch (cause) {
    throw notCertificates(cause);
  }
  let context: SecureContext | undefined;
  return () => {
    context ??= createSecureContext({ ca: [...getCACertificates('default'), ...own] });
    return context;
  };
}

/** The same, for what is sure to use TLS. */
export function contextWith(ca: string | readonly string[] | undefined): SecureContext | undefined {
  return trusting(ca)();
}

function notCertificates(cause?: unknown): PieceworkError {
  return new PieceworkError(
    'InvalidOption',
    'the CA file holds no usable certificate: it must be PEM text with "-----BEGIN CERTIFICATE-----" blocks',
    { cause },
  );
}
