/** How a machine serves its API; everything has a default. */
export interface ServeOptions {
  /**
   * `HOST:PORT`; port 0 = one that the system chooses. Another address than one of this machine's loopback needs
   * `tokenFile` and `tls`. @default 127.0.0.1:7437
   */
  readonly listen?: string;
  /** Path of a Unix socket to listen on in place of a port; its mode is 600. */
  readonly socket?: string;
  /**
   * File with the bearer token that each request has to bring.
   * @default `server/token` in the state folder, made at the first start
   */
  readonly tokenFile?: string;
  /** PEM files. @default none: plain HTTP */
  readonly tls?: { readonly certFile: string; readonly keyFile: string };
  /** Further names by which clients may call the server (`Host`): `files.example`, or with a port. @default none */
  readonly hosts?: readonly string[];
  /** When it is stopped, what is under way has so long to come to its end. @default 30 s */
  readonly drainMs?: number;
  /** Called once it listens. */
  readonly onListening?: (server: RunningServer) => void;
}

/** A server of one state folder, as others on the machine find it. */
export interface RunningServer {
  /** What stands before `/v1`. */
  readonly url: string;
  /** Where it listens on a socket. */
  readonly socket?: string;
  /** Where its token is. */
  readonly tokenFile: string;
  readonly pid: number;
  /** ISO 8601. */
  readonly startedAt: string;
  readonly version: string;
}
