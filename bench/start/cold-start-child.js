/*
 * Starts a function as Lambda does: the bundle's entry is imported, which is what `Init Duration` counts, and gets its
 * first event. cold-start-child.js INDEX EVENT; prints milliseconds, CPU of both, and what the process takes then.
 */
const [, , index = '', event = '{}'] = process.argv;
const begunAt = performance.now();
const begun = process.cpuUsage();
const { handler } = await import(index);
const importedAt = performance.now();
const imported = process.cpuUsage(begun);
await handler(JSON.parse(event), { awsRequestId: 'bench', getRemainingTimeInMillis: () => 60_000 });
const answeredAt = performance.now();
const answered = process.cpuUsage(begun);
/** @param {NodeJS.CpuUsage} used */
const cpuMs = ({ user, system }) => (user + system) / 1000;
const figures = {
  initMs: importedAt - begunAt,
  initCpuMs: cpuMs(imported),
  firstEventMs: answeredAt - importedAt,
  cpuMs: cpuMs(answered),
  peakRssBytes: process.resourceUsage().maxRSS * 1024,
};
process.stdout.write(`\n${JSON.stringify(figures)}\n`, () => process.exit());
