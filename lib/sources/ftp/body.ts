import { setTimeout as delay } from 'node:timers/promises';
import type { IncomingBody } from '../../net/bodies/incoming-body.ts';
import type { Lease } from '../../net/pools/pool.ts';
import type { NetSettings } from '../../net/settings.ts';
import type { FtpCommands } from './commands.ts';
import type { FtpReply } from './errors.ts';
import { ftpError } from './errors.ts';
import type { Download } from './retrieve.ts';
import type { FtpTarget } from './url.ts';

export interface FtpBodyOptions {
  readonly target: FtpTarget;
  readonly lease: Lease<FtpCommands>;
  readonly download: Download;
  /** Wanted from here on; `undefined` = whatever there is. */
  readonly wantedBytes: number | undefined;
  /** The file goes on behind what is wanted: FTP has no end of a range, so we hang up there. */
  readonly hangUp: boolean;
  /** Throws when the file is no longer the one that was planned. The connection may be gone by then. */
  readonly unchanged: () => Promise<void>;
  /** Whether the server is known not to answer after we hung up. */
  readonly silent: { has(): boolean; add(): void };
  readonly signal: AbortSignal;
  readonly settings: NetSettings;
}

/**
 * How long the server may take to notice that we hung up, before we give up its connection; the next time it is not
 * asked.
 */
const VERDICT_MS = 2_000;

/**
 * The body of a RETR. Where we hang up, the server answers 426 or 451 (it could not send all), or 226 (all of it was in
 * the network's buffers already): any of them is right, and none says anything of the bytes. Where it ends by itself
 * and its size was not known, only a 2xx makes it whole.
 */
export function ftpBody(options: FtpBodyOptions): IncomingBody {
  const { target, lease, download, wantedBytes, hangUp, signal } = options;
  const { data } = download;
  const onAbort = () => data.close(signal.reason);
  signal.addEventListener('abort', onAbort, { once: true });
  if (signal.aborted) onAbort();
  let receivedBytes = 0;
  let isOver = false;

  /** The connection is free again when the server has said its last word about this file. */
  async function afterHangUp(): Promise<FtpReply | undefined> {
    if (signal.aborted || options.silent.has()) return undefined;
    const reply = await verdict(VERDICT_MS);
    if (reply === undefined && lease.connection.usable) options.silent.add();
    return reply;
  }

  async function verdict(waitMs: number): Promise<FtpReply | undefined> {
    const enough = new AbortController();
    const late = delay(waitMs, undefined, { signal: AbortSignal.any([enough.signal, signal]) }).catch(() => undefined);
    const reply = await Promise.race([download.verdict, late]);
    enough.abort();
    return reply ?? undefined;
  }

  async function receive(into: Uint8Array): Promise<number> {
    try {
      return await data.read(into, options.settings.stallTimeoutMs);
    } catch (cause) {
      signal.throwIfAborted();
      throw codeOf(cause) === 'SILENT'
        ? ftpError('SourceStalled', target, 'the body stopped coming')
        : ftpError('BodyShort', target, 'the data connection broke before the body was complete', undefined, cause);
    }
  }

  function hangUpNow(): void {
    signal.removeEventListener('abort', onAbort);
    data.close();
  }

  async function finish(ended: 'by us' | 'by the server'): Promise<void> {
    isOver = true;
    hangUpNow();
    const reply = await (ended === 'by us' ? afterHangUp() : verdict(options.settings.headersTimeoutMs));
    if (reply === undefined) lease.release('spent');
    if (!hangUp && wantedBytes === undefined && (reply === undefined || reply.code >= 300)) {
      throw ftpError(
        'BodyShort',
        target,
        `the server says that it did not send all (${reply?.code ?? 'nothing'})`,
        reply,
      );
    }
    await options.unchanged();
    lease.release('reusable');
    // Cut short, the server would say so: what it called all is all, and its SIZE was wrong.
    if (
      !hangUp &&
      wantedBytes !== undefined &&
      receivedBytes < wantedBytes &&
      reply !== undefined &&
      reply.code < 300
    ) {
      throw ftpError(
        'BodyShort',
        target,
        `the server sent ${receivedBytes} of ${wantedBytes} bytes and called that all (${reply.code}): the SIZE that it states is wrong; tell its operator`,
        reply,
      );
    }
  }

  return {
    async read(into) {
      signal.throwIfAborted();
      if (isOver) return 0;
      const left = wantedBytes === undefined ? into.length : wantedBytes - receivedBytes;
      if (hangUp && left <= 0) {
        await finish('by us');
        return 0;
      }
      // Where the server is to end by itself, it is asked for one byte more than there should be.
      const got = await receive(left <= 0 ? new Uint8Array(1) : into.subarray(0, left));
      if (got > 0 && left <= 0) {
        throw ftpError(
          'BodyLong',
          target,
          `the server sends more than the ${wantedBytes} bytes that its SIZE leaves: what it states is wrong; tell its operator`,
        );
      }
      receivedBytes += got;
      if (got === 0) await finish('by the server');
      return got;
    },
    async discard() {
      hangUpNow();
      if (!isOver) {
        isOver = true;
        lease.release((await afterHangUp()) === undefined ? 'spent' : 'reusable');
      }
      lease.release('spent');
    },
  };
}

function codeOf(error: unknown): unknown {
  return error instanceof Error && 'code' in error ? error.code : undefined;
}
