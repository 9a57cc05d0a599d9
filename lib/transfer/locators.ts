/**
 * Where bytes come from, whole: URL, headers and credentials. It lives in the caller's process and in sealed storage
 * only; a record holds `shownUrl(locator)`.
 */
export interface SourceLocator {
  readonly url: string;
  /** Sent with every request to the URL's own origin, dropped when a redirect leaves it. Names in lower case. */
  readonly headers?: Readonly<Record<string, string>>;
  readonly auth?: SourceAuth;
  /** @default 5 */
  readonly maxRedirects?: number;
  /** Follow a redirect from `https:` to `http:`. @default false */
  readonly allowInsecureRedirect?: boolean;
  /**
   * `sftp:` the key that the server must have, as `SHA256:…` (what `ssh-keygen -lf` prints). @default what known_hosts
   * says
   */
  readonly hostFingerprint?: string;
  /** `s3:` where the bucket is. */
  readonly store?: SourceStore;
  /** The path is a secret, like a query: it is neither shown nor stored, and names no file. @default false */
  readonly secretPath?: boolean;
}

export type SourceAuth =
  /** User and password: HTTP, FTP, SFTP. */
  | { readonly kind: 'basic'; readonly user: string; readonly password: string }
  /** HTTP. */
  | { readonly kind: 'bearer'; readonly token: string }
  /** SFTP. The key is the text of its file, not its name. */
  | { readonly kind: 'key'; readonly user?: string; readonly privateKey: string; readonly passphrase?: string }
  /** S3. */
  | {
      readonly kind: 'aws';
      readonly accessKeyId: string;
      readonly secretAccessKey: string;
      readonly sessionToken?: string;
    };

/** An `s3:` source's own store, apart from the destination's. */
export interface SourceStore {
  /** Of an S3-compatible store. @default AWS */
  readonly endpoint?: string;
  /** @default the profile's, or the bucket's own on AWS */
  readonly region?: string;
  /** Of the shared AWS configuration. @default AWS_PROFILE, else `default` */
  readonly profile?: string;
  /** @default true when `endpoint` is given, else false */
  readonly pathStyle?: boolean;
}

/** A `hostFingerprint`, as `ssh-keygen -lf` prints it; some write the padding of base64 too. */
export const HOST_FINGERPRINT = /^SHA256:[A-Za-z0-9+/]{43}=?$/;

/**
 * An object that its store could copy by itself. No credentials stand in it: those of the one that asks for the copy
 * count.
 */
export interface CopySource extends Pick<SourceStore, 'endpoint' | 'region' | 'pathStyle'> {
  readonly bucket: string;
  readonly key: string;
  readonly versionId?: string;
}

/**
 * Where the object goes. Plain and without secrets: it stands in the record as it is. What makes a place besides its
 * kind, the kind knows: `{ kind: 's3', bucket, key, endpoint?, region?, pathStyle? }`, `{ kind: 'file', path }`,
 * `{ kind: 'stdout' }`.
 */
export type DestinationLocator = { readonly kind: string; readonly [field: string]: unknown };
