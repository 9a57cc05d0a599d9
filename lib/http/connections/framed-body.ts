import { fault } from '../../net/errors/fault.ts';
import type { PullSocket } from '../../net/sockets/pull-socket.ts';
import { readThrough } from '../../net/sockets/read-through.ts';
import type { Framing } from './head.ts';

/**
 * Reads a body's bytes straight from its connection; 0 = its end, with nothing of it left there. Throws the
 * connection's faults.
 */
export type ReadFramed = (into: Uint8Array, silenceMs: number) => Promise<number>;

/** A chunk's size with its extensions, or a line behind the last chunk: a longer one is meant to do harm. */
const MOST_LINE_BYTES = 4 * 1024;
const MOST_TRAILER_LINES = 100;

export function readFramed(socket: PullSocket, framing: Framing): ReadFramed {
  switch (framing.kind) {
    case 'length':
      return lengthOf(socket, framing.bytes);
    case 'chunked':
      return chunksOf(socket);
    case 'untilClosed':
      return (into, silenceMs) => socket.read(into, silenceMs);
  }
}

export function closedEarly(): Error {
  return fault('CLOSED_EARLY', 'the other side closed the connection');
}

function lengthOf(socket: PullSocket, bytes: number): ReadFramed {
  let left = bytes;
  return async (into, silenceMs) => {
    if (left === 0) return 0;
    const got = await socket.read(into.subarray(0, left), silenceMs);
    if (got === 0) throw closedEarly();
    left -= got;
    return got;
  };
}

/** RFC 9112 §7.1. */
function chunksOf(socket: PullSocket): ReadFramed {
  let left = 0;
  let isFirst = true;
  let hasEnded = false;

  async function line(until: number): Promise<string> {
    const text = await readThrough(socket, {
      ends: ['\r\n'],
      mostBytes: MOST_LINE_BYTES,
      withinMs: until - performance.now(),
      tooLong: () => badChunk('a line is too long'),
    });
    if (text === undefined) throw closedEarly();
    return text.slice(0, -2);
  }

  /** What stands between two chunks comes within one silence: a byte now and then does not prolong it. */
  async function next(silenceMs: number): Promise<void> {
    const until = performance.now() + silenceMs;
    if (!isFirst && (await line(until)) !== '') throw badChunk('a chunk is longer than its size');
    isFirst = false;
    const size = /^([0-9a-f]{1,12})(?:;[\t\x20-\x7e\x80-\xff]*)?$/i.exec(await line(until))?.[1];
    if (size === undefined) throw badChunk('a chunk has no size');
    left = Number.parseInt(size, 16);
    if (left > 0) return;
    for (let lines = 0; (await line(until)) !== ''; lines += 1) {
      if (lines === MOST_TRAILER_LINES) throw badChunk('too much follows the last chunk');
    }
    hasEnded = true;
  }

  return async (into, silenceMs) => {
    if (left === 0 && !hasEnded) await next(silenceMs);
    if (hasEnded) return 0;
    const got = await socket.read(into.subarray(0, left), silenceMs);
    if (got === 0) throw closedEarly();
    left -= got;
    return got;
  };
}

function badChunk(what: string): Error {
  return fault('CHUNK_MALFORMED', what);
}
