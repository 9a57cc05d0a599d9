import type { TickCase } from './count/tick.ts';
import { countTick } from './count/tick.ts';

/*
 * node bench/count-ticks.ts: what the schedule's tick asks of AWS, and how long it takes, by the code of the functions
 * in simulated time. A request of S3 takes 30 ms.
 */

const cases: readonly TickCase[] = [
  { active: 100, hosts: 10 },
  { active: 1_000, hosts: 10 },
  { active: 4_000, hosts: 10 },
  { active: 10_000, hosts: 10 },
  { active: 10_000, hosts: 1_000 },
  { active: 100_000, hosts: 10 },
  { active: 100_000, hosts: 1_000 },
];

const TICKS_A_DAY = 1_440;
/** Of one request, us-east-1. */
const PRICES = { GET: 0.4e-6, PUT: 5e-6, SQS: 0.4e-6 };

console.log('| open | hosts | GET | LIST | PUT | SQS | one function at most | all looked at after | $ a day |');
console.log(`|${' ---: |'.repeat(9)}`);
for (const one of cases) {
  const { active, hosts, requests, ticks, seconds, longestSeconds } = await countTick(one);
  const of = (kind: string) =>
    requests.all.reduce((sum, [name, count]) => sum + (name.startsWith(kind) ? count / ticks : 0), 0);
  const [gets, lists, puts, spans] = [of('GET'), of('LIST'), of('PUT'), of('SQS')];
  // A message is sent, received and deleted.
  const dollars = TICKS_A_DAY * (gets * PRICES.GET + (lists + puts) * PRICES.PUT + 3 * spans * PRICES.SQS);
  const counts = [active, hosts, gets, lists, puts, spans].map((count) => Math.round(count).toLocaleString('en'));
  console.log(
    `| ${counts.join(' | ')} | ${longestSeconds.toFixed(1)} s | ${seconds.toFixed(1)} s | ${dollars.toFixed(2)} |`,
  );
}
