import { open } from 'node:fs/promises';
import { Readable } from 'node:stream';
import type { ApiDeps } from '../../api/deps.ts';
import { systemReason } from '../../disk/user-file.ts';
import { PieceworkError } from '../../errors/error.ts';
import type { LocalDestinations } from '../destinations/local-destinations.ts';

/** Reports of batches that are files of this machine; others are read where they are. */
export function reportsHere(destinations: LocalDestinations): NonNullable<ApiDeps['report']> {
  return async ({ id, report = '' }) => {
    const { kind, path } = destinations.parse(report).locate('');
    if (kind !== 'file' || typeof path !== 'string') return undefined;
    try {
      const file = await open(path);
      const body = Readable.toWeb(file.createReadStream()) as ReadableStream;
      return { type: path.toLowerCase().endsWith('.csv') ? 'text/csv' : 'application/jsonl', body };
    } catch (cause) {
      throw new PieceworkError(
        'BatchEnded',
        `the report of batch ${id} was ${report}, and can't be read any more (${systemReason(cause)}); its outcomes may still be`,
        { cause },
      );
    }
  };
}
