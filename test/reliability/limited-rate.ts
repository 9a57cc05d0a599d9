import { readFile } from 'node:fs/promises';
import { batchBench } from '../support/batch-bench.ts';
import { patternBytes } from '../support/pattern.ts';

// `node test/reliability/limited-rate.ts [ENTRIES]`: the real command at a server that answers 403 to what is beyond
// five requests in any second. 5,000 entries take half an hour, and hardly any CPU.
// It says how many were denied, and when.

const PER_SECOND = 5;
const SIZE = 100;
const count = Number(process.argv[2] ?? 5000);

await using bench = await batchBench();
let served: number[] = [];
const urls = Array.from({ length: count }, (_, index) =>
  bench.origin.serve(`/rate/${index}`, (_request, response) => {
    const now = performance.now();
    served = served.filter((at) => at > now - 1_000);
    if (served.length >= PER_SECOND) return void response.writeHead(403, { 'content-length': 0 }).end();
    served.push(now);
    response.writeHead(200, { 'content-length': SIZE, etag: '"v"' }).end(patternBytes(0, SIZE, index));
  }),
);
const startedAt = performance.now();
const { exitCode, stderr } = await bench.run('batch', await bench.listFile(urls), bench.out('rate'), '--skip-report');
const seconds = Math.round((performance.now() - startedAt) / 1000);
let right = 0;
for (let index = 0; index < count; index += 1) {
  const bytes = await readFile(bench.out('rate', String(index))).catch(() => undefined);
  if (bytes?.equals(patternBytes(0, SIZE, index)) === true) right += 1;
}
const denied = bench.origin.requests.flatMap(({ status }, index) => (status === 403 ? [index + 1] : []));
const requests = bench.origin.requests.length;
const share = (from: number) =>
  `${denied.filter((number) => number > from).length} of ${Math.max(0, requests - from)} after the first ${from}`;
console.log(`exit code ${exitCode}, ${right} of ${count} right, ${seconds} s`);
console.log(`denied: ${denied.length} of ${requests} requests; ${share(100)}; ${share(500)}`);
console.log(`at the requests ${denied.join(' ')}`);
if (exitCode !== 0 || right !== count) {
  console.error(stderr);
  process.exitCode = 1;
}
