import type { Mutation } from './mutation.ts';

/** What would break a rule of the protocol, or an invariant: each must be caught (docs/reliability.md). */
export const MUTATIONS: readonly Mutation[] = [
  {
    name: 'an answer is counted without a look at its attempt (rule 4)',
    file: 'lib/transfer/decide/piece-failures.ts',
    find: 'planId !== record.planId || attempt !== attemptOf(record, pieceNumber) || !open.delete(pieceNumber)',
    replace: 'planId !== record.planId || !open.delete(pieceNumber)',
  },
  {
    name: 'pieces are sent before the swap (rule 1)',
    file: 'lib/pipeline/advance/advance.ts',
    find: '    const stored = record === before ? loaded : await saveTransfer(ports, loaded, record);\n    await carryOut(ports, stored, commands, signal);',
    replace:
      '    await carryOut(ports, loaded, commands, signal);\n    if (record !== before) await saveTransfer(ports, loaded, record);',
  },
  {
    name: 'no second look follows an abort (rule 14)',
    file: 'lib/pipeline/settle/abort-step.ts',
    find: "isGone = entry.abortedAt !== undefined && (await destination.listParts(upload, 0, { signal })) === 'gone';",
    replace: 'isGone = entry.abortedAt !== undefined;',
  },
  {
    name: 'a tick sends nothing again (rule 7)',
    file: 'lib/transfer/decide/decide-pieces.ts',
    find: 'round.resend(missing, { isNoneInFlight: tick.now === true });',
    replace: 'void missing;',
  },
  {
    name: 'results are counted as free places (rule 3)',
    file: 'lib/transfer/decide/decide-pieces.ts',
    find: '  round.fillPlaces(missing, { isLate: tick !== undefined });',
    replace:
      "  round.fillPlaces(missing.slice(0, Math.max(0, missing.length - inputs.filter((i) => i.kind === 'result').length)));",
  },
  {
    name: 'a report of an earlier plan counts (ADR 11)',
    file: 'lib/transfer/decide/places-by-reports.ts',
    find: 'if (input.planId === record.planId && input.pieceNumber > record.doneThrough)',
    replace: 'if (input.pieceNumber > record.doneThrough)',
  },
  {
    name: 'a failure is a report of a done piece (ADR 11)',
    file: 'lib/transfer/decide/places-by-reports.ts',
    find: "if (input.kind !== 'result' || input.outcome !== 'done') return undefined;",
    replace: "if (input.kind !== 'result') return undefined;",
  },
  {
    name: 'a tick raises the attempt (rule 6)',
    file: 'lib/transfer/decide/round.ts',
    find: '      this.#sendOne(pieceNumber, this.#waitMs(pieceNumber));\n      this.#repeated = true;',
    replace:
      "      { const t = this.#trouble[String(pieceNumber)] ?? { attempt: 1, failures: 0, waits: 0, code: 'Internal' as const }; this.#trouble[String(pieceNumber)] = { ...t, attempt: t.attempt + 1, waits: t.waits + 1 }; }\n      this.#sendOne(pieceNumber, this.#waitMs(pieceNumber));\n      this.#repeated = true;",
  },
  {
    name: 'a tick knows no quiet time (rule 7)',
    file: 'lib/transfer/decide/outcomes.ts',
    find: 'return Math.max(fromIso(record.quietUntil), moved);',
    replace: 'return Math.min(0, moved, policy.quietMs);',
  },
  {
    name: 'no look for our own object after an unsure completion (rule 11)',
    file: 'lib/pipeline/finish/finishing-work.ts',
    find: '    const ours = await ourObjectAfterFailure(ports, record, signal);\n    if (ours === undefined) throw error;\n    return ours;',
    replace: '    throw error;',
  },
  {
    name: 'a look that fails hides the first error (rule 11)',
    file: 'lib/pipeline/shared/object/our-object.ts',
    find: '    if (!(error instanceof PieceworkError)) throw error;\n    return undefined;',
    replace: '    throw error;',
  },
  {
    name: 'the deadline is no end of finalizing (rule 12)',
    file: 'lib/transfer/decide/decide-finalizing.ts',
    find: 'return now >= fromIso(record.deadlineAt);',
    replace: 'return now < 0 && fromIso(record.deadlineAt) < 0;',
  },
  {
    name: 'an ending does not look for our object (rule 12)',
    file: 'lib/pipeline/settle/leave-finalizing.ts',
    find: 'const look = await tried(signal, () => ourObject(ports, record, signal));',
    replace: 'const look = { value: undefined as Awaited<ReturnType<typeof ourObject>> };',
  },
  {
    name: 'the marker goes before the clean-up (rule 15)',
    file: 'lib/pipeline/settle/settle.ts',
    find: '  if (waits.length > 0) return { waitMs',
    replace:
      '  if (waits.length > 0) await ports.records.delete(KEYS.active(record.id, record.run));\n  if (waits.length > 0) return { waitMs',
  },
  {
    name: 'the marker goes, and the end was not announced (rule 17)',
    file: 'lib/pipeline/settle/announce.ts',
    find: '  await ports.events.emit(end);',
    replace: '  if (ports.policy.endsByMarker !== true) await ports.events.emit(end);',
  },
  {
    name: 'a stale record drops a task (rule 8)',
    file: 'lib/pipeline/fetch/fetch-piece.ts',
    find: 'const record = inDoubt ? await cache.reload(task.transferId) : cached;',
    replace: 'const record = cached ?? (inDoubt ? await cache.reload(task.transferId) : cached);',
  },
  {
    name: 'complete without proof of the last part',
    file: 'lib/transfer/plan/ledger.ts',
    find: 'for (let number = 1; number <= count; number += 1) {',
    replace: 'for (let number = 1; number < count; number += 1) {',
  },
  {
    name: 'a failure of another plan counts (rule 4)',
    file: 'lib/transfer/decide/piece-failures.ts',
    find: 'if (planId !== record.planId || attempt',
    replace: 'if (attempt',
  },
  {
    name: 'a failure of a finished piece counts (rule 4)',
    file: 'lib/transfer/decide/piece-failures.ts',
    find: '|| !open.delete(pieceNumber)) continue;',
    replace: ') continue;',
  },
  {
    name: 'the intent of an unsure Create is removed (protocol §6)',
    file: 'lib/pipeline/plan/plan-transfer.ts',
    find: 'if (!intent.mayHaveUpload) await forgetIntent',
    replace: 'await forgetIntent',
  },
  {
    name: 'acknowledge a failure without reporting it',
    file: 'lib/pipeline/fetch/fetch-piece.ts',
    find: "    await report({ outcome: 'failed', bytes: came.bytes, error });",
    replace: '    void error;',
  },
  {
    name: 'the staged object is made before the record names it (protocol §5)',
    file: 'lib/pipeline/finish/staged.ts',
    find: '  await updateFinishing(work, nameStagedObject);\n',
    replace: '  void updateFinishing;\n  void nameStagedObject;\n',
  },
  {
    name: 'a multipart copy does not name its upload (protocol §5)',
    file: 'lib/pipeline/finish/promotion.ts',
    find: 'await updateFinishing(work, (current) => namePromotion(current, at, upload));',
    replace: 'void upload; void namePromotion;',
  },
  {
    name: 'what stands there is copied, not what was read (protocol §5)',
    file: 'lib/pipeline/finish/staged.ts',
    find: '      staging.promote(reader.staged, proof.object, proof.condition, uploads, { signal }),',
    replace:
      '      destination.head(upload.target, { signal }).then((there) => staging.promote({ target: upload.target, sizeBytes: proof.sizeBytes, etag: there?.etag ?? "" }, proof.object, proof.condition, uploads, { signal })),',
  },
  {
    name: 'an ending does not look for a promoted object (rule 12)',
    file: 'lib/pipeline/settle/leave-finalizing.ts',
    find: 'const look = await tried(signal, () => ourObject(ports, record, signal));',
    replace:
      'const look = await tried(signal, async () => record.upload?.staged === true ? undefined : await ourObject(ports, record, signal));',
  },
  {
    name: 'the marker of a retry that was cut off is simply deleted (rule 16)',
    file: 'lib/pipeline/upkeep/reconcile.ts',
    find: '  const stored = await saveTransfer(ports, loaded, takeRun(record, active.run));\n  await dropRun(ports, stored.record, record.run);\n  await settle(ports, record.id, signal);',
    replace:
      '  void settle; void saveTransfer; void takeRun; await ports.records.delete(KEYS.active(active.transferId, active.run));',
  },
  {
    name: 'a tombstone is settled at a destination that it does not have (rule 16)',
    file: 'lib/pipeline/settle/settle.ts',
    find: '  if (isOver(record) && !record.announced) return await announce(ports, { record, version }, signal);',
    replace:
      '  void ports.destinations(record.request.destination);\n  if (isOver(record) && !record.announced) return await announce(ports, { record, version }, signal);',
  },
  {
    name: 'an object that was found forgets the digest that was proved',
    file: 'lib/pipeline/shared/object/finished-result.ts',
    find: '{ ...provedBefore(record, proof), ...record.proved }',
    replace: '{}',
  },
  {
    name: 'the Content-Range is not compared with what was asked for',
    file: 'lib/transfer/checks/range-check.ts',
    find: '  if (got.range.start !== asked.start || got.range.end !== asked.end) {',
    replace: '  if (got.range.start === -1) {',
  },
  {
    name: 'a 206 without Content-Range is read',
    file: 'lib/transfer/checks/range-check.ts',
    find: "return refused('RangeMismatch', 'a 206 without Content-Range');",
    replace: "return { kind: 'accepted' };",
  },
  {
    name: 'the ETags of two versions are not compared',
    file: 'lib/transfer/checks/version-check.ts',
    find: '    return now.etag === was.etag\n      ? undefined',
    replace: '    return now.etag !== undefined\n      ? undefined',
  },
  {
    name: 'the whole is taken for the range that was asked for',
    file: 'lib/transfer/checks/range-check.ts',
    find: "  if (sentIfRange) return { kind: 'askPlainly' };\n  return refused('RangesNotHonoured', 'the server ignores Range and answers with the whole file (200)');",
    replace: "  return { kind: 'accepted' };",
  },
  {
    name: 'a resumed upload takes pieces of another version',
    file: 'lib/pipeline/plan/start-pieces.ts',
    find: ' || !isProvablySame(snapshot, probe.snapshot))\n    return undefined;',
    replace: ')\n    return undefined;',
  },
  {
    name: 'a restart keeps the upload of the old version',
    file: 'lib/transfer/record/transitions.ts',
    find: 'return fromTheBeginning(withoutUpload(record), now);',
    replace: 'const { upload: _, ...rest } = record;\n  return fromTheBeginning(rest, now);',
  },
  {
    name: 'complete while the record says transferring (rule 10)',
    file: 'lib/transfer/record/transitions.ts',
    find: "    status: 'finalizing',\n    trouble: {},\n",
    replace: '    trouble: {},\n',
  },
  {
    name: 'a part of any size counts as done',
    file: 'lib/transfer/plan/ledger.ts',
    find: ' && part.sizeBytes === rangeLength(pieceRange(plan, part.number));',
    replace: ' && rangeLength(pieceRange(plan, part.number)) >= 0;',
  },
  {
    name: 'an unsure swap is not settled by its own writeId (rule 2)',
    file: 'lib/pipeline/shared/store.ts',
    find: 'if (there?.record.writeId === next.writeId)',
    replace: "if (there?.record.writeId === '')",
  },
  {
    name: 'a piece is copied without the version that it must be of',
    file: 'lib/pipeline/fetch/copy-piece.ts',
    find: 'part, copied, snapshot, { signal });',
    replace: "part, copied, { ...snapshot, validator: { kind: 'none' } }, { signal });",
  },
  {
    name: 'what was copied is not compared with the version that was planned',
    file: 'lib/pipeline/finish/prove-copied.ts',
    find: 'if (serverSideCopy?.pinsSource === false) {',
    replace: 'if (serverSideCopy === undefined) {',
  },
  {
    name: 'a refused copy fails the transfer in place of fetching (ADR 9)',
    file: 'lib/transfer/decide/outcomes.ts',
    find: '  if (!mayFetchInstead(record)) return end(failed(record, reason, now));\n',
    replace: '  if (record.plan !== undefined) return end(failed(record, reason, now));\n',
  },
  {
    name: 'a refusal of a copy is dropped when its piece is there (ADR 9)',
    file: 'lib/transfer/decide/decide-pieces.ts',
    find: 'const refusal = copyRefusal(record, inputs);',
    replace:
      "const refusal = copyRefusal(record, inputs.filter((i) => i.kind !== 'result' || (i.pieceNumber > ledger.doneThrough && !ledger.done.has(i.pieceNumber))));",
  },
  {
    name: 'a ladder mixes versions: fewer connections go on with pieces of another one (ADR 23)',
    file: 'lib/pipeline/plan/start-pieces.ts',
    find: '!isProvablySame(snapshot, probe.snapshot))',
    replace: '(loaded.record.narrowedTo === undefined && !isProvablySame(snapshot, probe.snapshot)))',
  },
  {
    name: 'a continued piece takes the rest of another version (ADR 22)',
    file: 'lib/pipeline/fetch/fetch-piece.ts',
    find: 'return await ask(rest, signal);',
    replace: "return await source.open(locator, { ...snapshot, validator: { kind: 'none' } }, rest, { signal });",
  },
  {
    name: 'a stream is taken for proved (ADR 23)',
    file: 'lib/pipeline/plan/run-stream.ts',
    find: 'const proved = proveDigests(record.request.source.url, digests, hasher.digests());',
    replace: 'const proved = digests;',
  },
  {
    name: 'what came in one answer is said to be proved by its validator (ADR 23)',
    file: 'lib/pipeline/shared/object/finished-result.ts',
    find: "if (oneStream !== undefined) return 'one-answer';",
    replace: 'void oneStream;',
  },
  {
    name: 'a restart has no bound (ADR 23)',
    file: 'lib/transfer/decide/ladder.ts',
    find: 'export const MOST_RESTARTS = 1;',
    replace: 'export const MOST_RESTARTS = Number.POSITIVE_INFINITY;',
  },
  {
    name: 'a source that gives nothing is waited for to the deadline (--max-wait)',
    file: 'lib/transfer/patience.ts',
    find: 'waitedMs + delayMs <= maxWaitMs) return undefined;',
    replace: 'waitedMs + delayMs <= 1000 * maxWaitMs) return undefined;',
  },
  {
    name: 'patience is used up by a source that gives something in between (--max-wait)',
    file: 'lib/transfer/decide/decide-pieces.ts',
    find: 'withLoads(hasGiven(before, facts.ledger, inputs) ?',
    replace: 'withLoads(now < 0 && hasGiven(before, facts.ledger, inputs) ?',
  },
  {
    name: 'a denial of what was served a moment ago ends the transfer (ADR 25)',
    file: 'lib/transfer/decide/ladder.ts',
    find: 'if (isLimit && planFailures >= MOST_TURNED_AWAY)',
    replace: 'if (isLimit && planFailures < 0)',
  },
];
