import type { Entry } from './entry.ts';

/** Each kind of list; docs/lists.md has a section for each. */
export type ListFormat = 'urls';

export interface ListOptions {
  /** @default recognised from name and content */
  readonly format?: ListFormat;
  /** File name, or the last segment of the URL that the list came from; helps to recognise it. */
  readonly fileName?: string;
  /** The folder that relative names lie in, a URL that ends with `/`. @default the folder of `listUrl` */
  readonly base?: string;
  /** The URL that the list came from. */
  readonly listUrl?: string;
  /**
   * Schemes that an entry may have, without colon. @default those of all sources but `file`: a list comes from others,
   * and would name files of this machine
   */
  readonly schemes?: readonly string[];
  /** What else an entry has to be, by rules of the caller: a sentence that says why not. */
  readonly check?: (entry: Entry) => string | undefined;
  /** Of the first entry, where this is a further page of a list. @default 1 */
  readonly firstNumber?: number;
}

export const DEFAULT_SCHEMES: readonly string[] = ['https', 'http', 'ftp', 'ftps', 'ftpes', 'sftp', 's3'];
