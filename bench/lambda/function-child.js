/*
 * A function as Lambda keeps it: the bundle's entry is imported once, and gets one event after another.
 * function-child.js INDEX, with a channel: takes `{ event }`, gives `{ answer, cpuMs, peakRssBytes }`, both since its
 * start.
 */
const { handler } = await import(process.argv[2] ?? '');
process.on('message', async (/** @type {{ event: unknown }} */ { event }) => {
  const answer = await handler(event, { awsRequestId: 'bench', getRemainingTimeInMillis: () => 300_000 });
  const { userCPUTime, systemCPUTime, maxRSS } = process.resourceUsage();
  process.send?.({ answer, cpuMs: (userCPUTime + systemCPUTime) / 1000, peakRssBytes: maxRSS * 1024 });
});
process.send?.({ ready: true });
