import type { Mutation } from './mutation.ts';

/**
 * What leaves a transfer on one machine waiting for nothing, or something behind. Ticks would repair most of it, so it
 * is looked for where there are none.
 */
export const MACHINE_MUTATIONS: readonly Mutation[] = [
  {
    name: 'the result of a last piece is not noted, and no ledger is read for it (ADR 11)',
    file: 'lib/transfer/decide/places-by-reports.ts',
    find: 'if (policy.loads === undefined || round.unsentCount === 0) return undefined;',
    replace: 'if (policy.loads === undefined) return round.unsentCount === 0 ? round.outcome() : undefined;',
    home: 'machine',
  },
  {
    name: 'what is to be planned anew is not sent to a planner',
    file: 'lib/transfer/decide/outcomes.ts',
    find: "{ kind: 'emit', event: { type: 'restarted', transferId: record.id, reason } },\n      { kind: 'sendPlan', delayMs: 0 },",
    replace: "{ kind: 'emit', event: { type: 'restarted', transferId: record.id, reason } },",
    home: 'machine',
  },
  {
    name: 'a copy that was refused is planned anew, and no planner is told (ADR 9)',
    file: 'lib/transfer/decide/outcomes.ts',
    find: 'return overAgain({ ...record, copyRefused: reason.message }, reason, now);',
    replace:
      'const anew = overAgain({ ...record, copyRefused: reason.message }, reason, now);\n' +
      "  return { ...anew, commands: anew.commands.filter(({ kind }) => kind !== 'sendPlan') };",
    home: 'machine',
  },
  {
    name: 'a piece that failed is noted, and not sent again',
    file: 'lib/transfer/decide/round.ts',
    find: '    this.#sendOne(pieceNumber, delayMs);\n    const { attempt } = trouble;',
    replace: '    const { attempt } = trouble;',
    home: 'machine',
  },
  {
    name: 'a message whose handler failed does not come again',
    file: 'lib/queues/memory.ts',
    find: '        enqueue(body, stopped ? receiveCount',
    replace: '        if (stopped) enqueue(body, stopped ? receiveCount',
    home: 'machine',
  },
  {
    name: 'what an earlier process left is gone on with as if it were in flight',
    file: 'lib/local/copy/unfinished.ts',
    find: "[{ kind: 'tick', now: true }], signal);",
    replace: "[{ kind: 'tick' }], signal);",
    home: 'machine',
  },
  {
    name: 'what lands after a transfer was stopped is not cleaned up',
    file: 'lib/local/engine/run.ts',
    find: 'if (left.length === 0 || !(wasLate || lateMs() > 0)) return;',
    replace: 'if (left.length >= 0) return;',
    home: 'machine',
  },
  {
    name: 'what could land when a clean-up began, and no more at its end, is left',
    file: 'lib/local/engine/run.ts',
    find: 'const wasLate = lateMs() > 0;',
    replace: 'const wasLate = false;',
    home: 'machine',
  },
  {
    name: 'a piece that waits for its time is left, when what an earlier process left is gone on with (rule 7)',
    file: 'lib/transfer/decide/decide-pieces.ts',
    from: 4601,
    find: 'round.resend(missing, { isNoneInFlight: tick.now === true });',
    replace: 'round.resend(missing);',
    home: 'machine',
  },
  {
    name: 'parts that were reported and are gone are taken for pieces in flight (rule 13)',
    file: 'lib/transfer/decide/decide-pieces.ts',
    from: 4501,
    find: 'if (hasLostParts(record, facts.ledger)) return',
    replace: 'if (hasLostParts(record, facts.ledger) && now < 0) return',
    home: 'machine',
  },
  {
    name: 'a Create that was interrupted is taken for refused (protocol §6)',
    file: 'lib/pipeline/shared/refusal.ts',
    from: 5401,
    find: "error.code !== 'Interrupted'",
    replace: 'error.code.length > 0',
    home: 'machine',
  },
  {
    name: 'the marker of an earlier run is none to clean up',
    file: 'lib/local/requests/clean.ts',
    from: 6901,
    find: 'if (active.run !== record.run) await',
    replace: 'if (active.run < 0) await',
    home: 'machine',
  },
];
