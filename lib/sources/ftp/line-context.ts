import { FTPContext } from 'basic-ftp';

/** More than this without a line's end is no reply. */
const MOST_BYTES = 64 * 1024;

/** basic-ftp's control connection, with two things mended. */
export class LineContext extends FTPContext {
  #rest = '';
  /** Why it was closed: `FTPContext` tells it wrapped into other errors. */
  closedBecause: Error | undefined;

  constructor() {
    // Time-outs are ours; bytes of names pass as they are.
    super(0, 'latin1');
  }

  /** It takes `213 30`, the first packet of `213 300000`, for a reply. Only whole lines reach it here. */
  protected override _onControlSocketData(chunk: string): void {
    const text = this.#rest + chunk;
    const end = text.lastIndexOf('\n') + 1;
    this.#rest = text.slice(end);
    if (this.#rest.length > MOST_BYTES) this.closeWithError(new Error('a reply without end'));
    else if (end > 0) super._onControlSocketData(text.slice(0, end));
  }

  override closeWithError(error: Error): void {
    this.closedBecause ??= error;
    super.closeWithError(error);
  }
}
