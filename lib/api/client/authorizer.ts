import type { AwsIdentity, Sign } from './sign.ts';

/** How the client says who it is. */
export type ClientAuth =
  | { readonly kind: 'none' }
  /** Sent as `x-api-key`. */
  | { readonly kind: 'apiKey'; readonly key: string }
  /** Sent as `Authorization: Bearer`: the token of a server on one machine. */
  | { readonly kind: 'bearer'; readonly token: string }
  /** Signature Version 4 with the standard chain of credentials. */
  | ({ readonly kind: 'aws' } & AwsIdentity);

/** Adds to the headers of a request who asks. */
export function authorizer(auth: ClientAuth): Sign {
  let sign: Sign | undefined;
  return async (request) => {
    const { headers } = request;
    switch (auth.kind) {
      case 'none':
        return headers;
      case 'apiKey':
        return { ...headers, 'x-api-key': auth.key };
      case 'bearer':
        return { ...headers, authorization: `Bearer ${auth.token}` };
      case 'aws':
        // Loaded with the first request that needs it.
        sign ??= (await import('./sign.ts')).awsSigner('execute-api', auth);
        return await sign(request);
    }
  };
}
