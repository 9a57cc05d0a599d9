import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { loadNarrowed } from '../../../lib/pipeline/shared/store.ts';
import { folderRecords } from '../../../lib/records/folder/records.ts';
import { hostOf, KEYS } from '../../../lib/records/records.ts';
import { narrow } from '../../../lib/transfer/record/narrow.ts';
import type { TransferRecord } from '../../../lib/transfer/record/record.ts';
import { accepted, completed, transferring } from '../../support/a-transfer.ts';
import { mutated, mutatedJson } from '../inputs.ts';
import { refusing, refusingLater, subject } from '../subject.ts';

const STORED = [accepted(), transferring(), completed()];
const WORDS = [
  'status',
  'plan',
  'upload',
  'planId',
  'snapshot',
  'planning',
  'finalizing',
  'failed',
  'reason',
  'result',
];

export const RECORDS = [
  subject({
    name: 'records',
    weight: 3,
    inputs: mutatedJson(STORED, WORDS),
    begin: () => (text) => {
      const value = parsed(text);
      // Nothing else comes out of a store.
      if (typeof value === 'object' && value !== null) refusing(() => narrow(value as TransferRecord));
    },
  }),
  subject({
    name: 'record-files',
    weight: 0.2,
    inputs: mutatedJson(
      STORED.map((value) => ({ v: 1, version: 'abc', value })),
      ['v', 'version', 'value'],
    ),
    begin(cleanup) {
      const folder = mkdtempSync(join(tmpdir(), 'piecework-fuzz-'));
      cleanup.defer(() => rmSync(folder, { recursive: true, force: true }));
      mkdirSync(join(folder, 'transfers'), { recursive: true });
      const records = folderRecords({ folder });
      return async (text) => {
        writeFileSync(join(folder, 'transfers', '01TRANSFER.json'), text);
        await refusingLater(() => records.get(KEYS.transfer('01TRANSFER')));
        await refusingLater(() => loadNarrowed({ records }, '01TRANSFER'));
      };
    },
  }),
  subject({
    name: 'hosts-of-records',
    inputs: fc.oneof(fc.webUrl(), mutated(['https://host.example:8443/x', 'http://[::1]/'])),
    begin: () => (url) => {
      const path = KEYS.host(hostOf(url)).path;
      if (!/^hosts\/[A-Za-z0-9._=-]+\.json$/.test(path)) throw new TypeError(`the path ${path}`);
    },
  }),
];

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
