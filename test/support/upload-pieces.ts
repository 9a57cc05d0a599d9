// Uploads pieces to a file one after the other and prints the number of each that is done; the first line is the
// upload. Piece N of SIZE bytes is filled with the number N. Usage: upload-pieces.ts TARGET SIZE COUNT

import { fileDestination } from '../../lib/destinations/file/destination.ts';
import { crc32 } from '../../lib/integrity/crc32.ts';

const [path = '', size = '0', count = '0'] = process.argv.slice(2);
const sizeBytes = Number(size);
const call = { signal: new AbortController().signal };
const destination = fileDestination();
const upload = await destination.createUpload(
  {
    target: { kind: 'file', path },
    token: 'TRANSFER.PLAN',
    sizeBytes: sizeBytes * Number(count),
    pieceSizeBytes: sizeBytes,
    validator: { kind: 'none' },
    settings: {},
  },
  call,
);
console.log(JSON.stringify(upload));
for (let number = 1; number <= Number(count); number += 1) {
  const bytes = Buffer.alloc(sizeBytes, number);
  const part = { number, sizeBytes, offset: (number - 1) * sizeBytes };
  await destination.uploadPart(upload, part, { kind: 'whole', bytes, crc32: crc32(bytes) }, call);
  console.log(number);
}
setInterval(() => {}, 60_000);
