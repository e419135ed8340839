import { executionArnParts, queueText, type ExecutionArn, type ExecutionRecord } from '@stepcast/contracts';
import type { Clock, Logger } from '@stepcast/kit';
import { LRUCache } from 'lru-cache';
import { hasEnded } from '../domain/execution-fold.ts';
import { evidenceOf } from '../domain/extractors/input-evidence.ts';
import type { StatusFact } from '../domain/fold-status.ts';
import type { Assignment, InputEvidence, OwnedAssignment } from '../domain/ownership.ts';
import { parkedItem, pieces, runs, type ParkedItem } from '../domain/parked.ts';
import { advanceStream, type Advanced, type StreamHead } from '../domain/stream.ts';
import type { DeadLetters } from '../ports/dead-letters.port.ts';
import type { ExecutionDirectory } from '../ports/execution-directory.port.ts';
import type { ExecutionStore, WatchList } from '../ports/execution-store.port.ts';
import type { CorrelatorSettings } from '../settings.ts';
import type { Background } from './background.ts';
import type { KeyedLocks } from './keyed-locks.ts';
import type { MachineProfiles } from './machine-profiles.ts';
import { createTally, type Outcomes, type Tally } from './outcomes.ts';
import type { ProveOwner } from './prove-owner.ts';
import type { StreamWriter } from './stream-writer.ts';

/** What has come for an execution. */
export interface Arrival {
  readonly records?: readonly ExecutionRecord[];
  readonly statuses?: readonly StatusFact[];
  /** An input as JSON text, from wherever; undefined when none came. */
  readonly input?: string | undefined;
  /** Records that execution history had. */
  readonly history?: readonly ExecutionRecord[];
  /** Why no repair is possible. Then holes are passed over, and a status is believed without its records. */
  readonly giveUp?: string;
  /** Nobody but the periodic sweep found it. */
  readonly backstop?: boolean;
  /** Read everything again first: another correlator may have kept or told something. */
  readonly reload?: boolean;
}

export interface SettleExecution {
  /** Takes what has come, tells what can be told, and keeps the rest. Resolves when all of it is stored somewhere. */
  settle(executionArn: ExecutionArn, arrival: Arrival): Promise<void>;
  /** Nothing proved an owner in time: gives up what is kept for the execution, and says why. */
  abandon(executionArn: ExecutionArn): Promise<void>;
  /** Forgets what is in memory, so that it is read again. */
  forget(executionArn: ExecutionArn): void;
  /** How far the execution has come; undefined when it has no owner. */
  look(executionArn: ExecutionArn): Promise<ExecutionView | undefined>;
}

export interface ExecutionView {
  readonly assignment: Assignment | undefined;
  readonly head: StreamHead | undefined;
  readonly parked: readonly ParkedItem[];
}

/** What is in memory of one execution. */
interface Known {
  assignment: Assignment | undefined;
  parked: readonly ParkedItem[];
  children: readonly ExecutionArn[];
  firstSeenMs: number;
  readonly loadedMs: number;
  /** Why the owner is not proven, for whoever reads the dead letter. */
  reason: string;
  /** Step Functions was asked for the input; the answer does not change. */
  described: boolean;
}

/** What is known of an execution is read again after this long: another correlator may have quarantined it. */
const REFRESH_MS = 60_000;

export interface SettleDependencies {
  readonly executions: ExecutionStore;
  readonly watchList: WatchList;
  readonly directory: ExecutionDirectory;
  readonly deadLetters: DeadLetters;
  readonly writer: StreamWriter;
  readonly prover: ProveOwner;
  readonly profiles: MachineProfiles;
  readonly background: Background;
  readonly locks: KeyedLocks;
  readonly outcomes: Outcomes;
  readonly settings: CorrelatorSettings;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly maxExecutions: number;
}

/** The records of an arrival, and which of them history had. */
interface Fresh {
  readonly records: readonly ExecutionRecord[];
  readonly history: ReadonlySet<ExecutionRecord>;
  readonly statuses: readonly StatusFact[];
  readonly input: string | undefined;
  readonly inputMissing: boolean;
  /** Where what happens to them is counted. */
  readonly tally: Tally;
}

export function createSettleExecution(dependencies: SettleDependencies): SettleExecution {
  const { executions, watchList, directory, deadLetters, writer, prover, profiles } = dependencies;
  const { background, locks, outcomes, settings, clock, logger } = dependencies;
  const cache = new LRUCache<ExecutionArn, Known>({ max: dependencies.maxExecutions });

  async function load(executionArn: ExecutionArn): Promise<Known> {
    const before = cache.get(executionArn);
    const stored = await executions.load(executionArn);
    const nowMs = clock.nowMs();
    const known: Known = {
      assignment: stored.assignment,
      parked: stored.parked,
      children: stored.children,
      firstSeenMs: Math.min(before?.firstSeenMs ?? nowMs, ...stored.parked.map((item) => item.parkedMs)),
      loadedMs: nowMs,
      reason: before?.reason ?? 'no input has come',
      described: before?.described ?? false,
    };
    cache.set(executionArn, known);
    return known;
  }

  async function recall(executionArn: ExecutionArn): Promise<Known> {
    const known = cache.get(executionArn);
    if (known !== undefined && clock.nowMs() - known.loadedMs < REFRESH_MS) return known;
    return load(executionArn);
  }

  function freshOf(arrival: Arrival, tally: Tally): Fresh {
    const records = arrival.records ?? [];
    const history = arrival.history ?? [];
    const first = [...records, ...history].find((record) => record.type === 'ExecutionStarted');
    return {
      records: [...records, ...history],
      history: new Set(history),
      statuses: arrival.statuses ?? [],
      input: arrival.input ?? first?.details.input,
      inputMissing: first?.details.inputMissing !== undefined,
      tally,
    };
  }

  /** Keeps records and statuses durably. Those that came just now count as parked. */
  async function park(
    executionArn: ExecutionArn,
    known: Known,
    what: Pick<Fresh, 'records' | 'statuses'> & { readonly input?: string | undefined },
  ): Promise<void> {
    const parkedMs = clock.nowMs();
    const inputSeen = what.input !== undefined;
    const evidence = what.input === undefined ? undefined : evidenceOf(what.input);
    const item = (content: Partial<ParkedItem>) =>
      parkedItem({ parkedMs, records: [], statuses: [], evidence: undefined, inputSeen: false, ...content });
    const items = runs(what.records).map((records) => item({ records }));
    if (what.statuses.length > 0 || inputSeen)
      items.push(item({ statuses: what.statuses, evidence, inputSeen }));
    await executions.park(executionArn, items);
    const keys = new Set(items.map((item) => item.key));
    known.parked = [...known.parked.filter((item) => !keys.has(item.key)), ...items];
  }

  function evidenceIn(known: Known, fresh: Fresh): InputEvidence | undefined {
    const here = fresh.input === undefined ? undefined : evidenceOf(fresh.input);
    return here ?? known.parked.find((item) => item.evidence !== undefined)?.evidence;
  }

  /** Tries to prove the owner; what cannot be proven now comes back by timer, by another's arrival, or by the sweep. */
  async function proveFrom(executionArn: ExecutionArn, known: Known, fresh: Fresh): Promise<void> {
    const evidence = evidenceIn(known, fresh);
    if (evidence === undefined) {
      if (fresh.input !== undefined || known.parked.some((item) => item.inputSeen))
        known.reason = 'the input names neither an uploaded object nor a parent execution';
      else if (!known.described) askForInput(executionArn, fresh.inputMissing);
      return;
    }
    const started = [...fresh.records, ...known.parked.flatMap((item) => item.records)].find(
      (one) => one.id === 1,
    );
    const proof = await prover.prove(executionArn, evidence, {
      firstSeenMs: known.firstSeenMs,
      startedMs: started?.timestampMs ?? fresh.statuses[0]?.startMs ?? null,
    });
    switch (proof.kind) {
      case 'assigned':
        known.assignment = proof.assignment;
        if (proof.assignment.kind === 'quarantined')
          logger.warn({ executionArn, reason: proof.assignment.reason }, 'execution quarantined');
        return;
      case 'unproven':
        known.reason = proof.reason;
        return;
      case 'parentAwaited':
        known.reason = 'its parent execution has no owner';
        return;
      case 'epochAwaited':
        known.reason = 'the version of its object is not known';
        background.after(`epoch:${executionArn}`, Math.max(0, proof.untilMs - clock.nowMs()), () =>
          settle(executionArn, {}),
        );
    }
  }

  /** `DescribeExecution` has the input that the logs do not carry. Asked for once; the sweep asks again. */
  function askForInput(executionArn: ExecutionArn, atOnce: boolean): void {
    if (executionArnParts(executionArn).kind === 'express') return;
    background.after(`describe:${executionArn}`, atOnce ? 0 : settings.gapWaitMs, async () => {
      const known = await recall(executionArn);
      if (known.assignment !== undefined || known.parked.some((item) => item.inputSeen)) return;
      const described = await directory.describe(executionArn);
      known.described = true;
      if (described === undefined)
        known.reason = 'no input came, and Step Functions does not know the execution';
      else if (described.input === undefined) known.reason = 'Step Functions does not give the input';
      else await settle(executionArn, { input: described.input });
    });
  }

  async function keepUnowned(executionArn: ExecutionArn, known: Known, fresh: Fresh): Promise<boolean> {
    const keptIds = new Set(known.parked.flatMap((item) => item.records.map((record) => record.id)));
    const records = fresh.records.filter((record) => {
      const isNew = !keptIds.has(record.id);
      keptIds.add(record.id);
      return isNew;
    });
    if (records.length > 0 || fresh.statuses.length > 0 || fresh.input !== undefined)
      await park(executionArn, known, { ...fresh, records });
    fresh.tally.outcomes.parked('in', records.length);
    fresh.tally.outcomes.record('duplicate', fresh.records.length - records.length);
    // The owner may have been proven elsewhere while this was being kept, and nobody would look here again.
    const again = await load(executionArn);
    return again.assignment !== undefined;
  }

  async function giveUp(
    executionArn: ExecutionArn,
    code: string,
    reason: string,
    records: readonly ExecutionRecord[],
    { outcomes: counted }: Tally,
  ): Promise<void> {
    const letters = pieces(records).map((piece) => ({
      code,
      reason,
      executionArn,
      original: queueText(
        parkedItem({ parkedMs: 0, records: piece, statuses: [], evidence: undefined, inputSeen: false })
          .records,
      ),
    }));
    await deadLetters.send(letters);
    counted.record('dead_lettered', records.length);
  }

  async function settleOwned(
    executionArn: ExecutionArn,
    known: Known,
    owner: OwnedAssignment,
    fresh: Fresh,
    arrival: Arrival,
    isRecheck = false,
  ): Promise<void> {
    const meta = {
      identityId: owner.identityId,
      uploadId: owner.uploadId,
      epoch: owner.epoch,
      epochStartedAt: owner.epochStartedAt,
      bucket: owner.bucket,
      key: owner.key,
    };
    const { profile, sparse } = profiles.peek(executionArn);
    const items = known.parked;
    const kept = items.flatMap((item) => item.records);
    const candidates = [...kept, ...fresh.records];
    const statuses = [...items.flatMap((item) => item.statuses), ...fresh.statuses];
    const results = await writer.write(meta, (head) => {
      const advanced = advanceStream(head, {
        executionArn,
        source: owner.source,
        nested: owner.nested,
        records: candidates,
        statuses,
        sparse,
        giveUp: arrival.giveUp,
        profile,
      });
      return { entries: advanced.entries, result: advanced };
    });
    const last = results.at(-1);
    if (last === undefined) return;

    // Everything told, by any of the attempts; what a later attempt calls a duplicate may be an earlier one's own.
    const released = new Set(results.flatMap((one) => one.released));
    const keeping = new Set([...last.untold, ...last.waiting]);
    await keepUntold(executionArn, known, items, fresh, keeping, last);
    countOutcomes(candidates, new Set(kept), fresh, released, keeping, last, arrival);
    if (released.size < candidates.length - keeping.size) await writer.ensureHandedOver(meta);
    profiles.observe(
      executionArn,
      results.flatMap((one) => one.stays),
    );
    for (const child of new Set(results.flatMap((one) => one.children)))
      await adopt(executionArn, owner, child);
    if (!isRecheck && last.waiting.some((record) => fresh.records.includes(record))) {
      // What is missing may have come to another correlator in the meantime. Both keep first and look then, so one
      // of them sees it all.
      writer.forget(meta);
      const again = await load(executionArn);
      await settleOwned(executionArn, again, owner, freshOf({}, fresh.tally), arrival, true);
      return;
    }
    await afterwards(executionArn, known, owner, last);
  }

  /**
   * Keeps what has just come and cannot be told, and lets go of kept items all of whose records are told.
   *
   * An item of which anything is still wanted stays as it is, and of an id that is kept twice both stay: if two
   * correlators each let go of the copy that the other relies on, the record would be gone.
   */
  async function keepUntold(
    executionArn: ExecutionArn,
    known: Known,
    items: readonly ParkedItem[],
    fresh: Fresh,
    keeping: ReadonlySet<ExecutionRecord>,
    last: Advanced,
  ): Promise<void> {
    const wantedIds = new Set([...keeping].map((record) => record.id));
    const waitingStatuses = new Set(last.waitingStatuses);
    const records = fresh.records.filter((record) => keeping.has(record));
    const statuses = fresh.statuses.filter((fact) => waitingStatuses.has(fact));
    // In memory the records of an item that are told go, so that they are not counted again.
    const trimmed = items.map((item) => ({
      ...item,
      records: item.records.filter((record) => wantedIds.has(record.id)),
      statuses: item.statuses.filter((fact) => waitingStatuses.has(fact)),
    }));
    known.parked = trimmed.filter((item) => item.records.length + item.statuses.length > 0);
    if (records.length > 0 || statuses.length > 0) await park(executionArn, known, { records, statuses });
    const used = new Set(known.parked.map((item) => item.key));
    await executions.unpark(
      executionArn,
      items.map((item) => item.key).filter((key) => !used.has(key)),
    );
  }

  function countOutcomes(
    candidates: readonly ExecutionRecord[],
    kept: ReadonlySet<ExecutionRecord>,
    fresh: Fresh,
    released: ReadonlySet<ExecutionRecord>,
    keeping: ReadonlySet<ExecutionRecord>,
    last: Advanced,
    arrival: Arrival,
  ): void {
    const late = new Set(last.late);
    const wantedIds = new Set([...keeping].map((record) => record.id));
    let [parkedIn, parkedOut, told, repeated, ignored, repaired] = [0, 0, 0, 0, 0, 0];
    for (const record of candidates) {
      if (kept.has(record)) {
        if (wantedIds.has(record.id)) continue;
        parkedOut += 1;
      } else if (keeping.has(record)) {
        parkedIn += 1;
        continue;
      }
      if (released.has(record)) {
        told += 1;
        if (fresh.history.has(record)) repaired += 1;
      } else if (late.has(record)) ignored += 1;
      else repeated += 1;
    }
    const { outcomes: counted } = fresh.tally;
    counted.parked('in', parkedIn);
    counted.parked('out', parkedOut);
    counted.record('released', told);
    counted.record('duplicate', repeated);
    counted.record('ignored', ignored);
    counted.repaired(repaired);
    counted.gapsDeclared(last.gapsDeclared);
    if (arrival.backstop === true && (repaired > 0 || last.gapsDeclared > 0)) counted.backstop('gap');
  }

  /** A nested execution inherits the owner and joins the stream. */
  async function adopt(parent: ExecutionArn, owner: OwnedAssignment, child: ExecutionArn): Promise<void> {
    if (child === parent) return;
    const assigned = await executions.assign(child, { ...owner, nested: true, proofs: ['parent'] });
    if (assigned.kind === 'owned' && assigned.identityId !== owner.identityId) {
      const reason = 'the execution that started it and its own input name different identities';
      await executions.assign(child, { kind: 'quarantined', reason }, { replace: true });
      logger.warn({ executionArn: child, reason }, 'execution quarantined');
    }
    wake(child);
  }

  function wake(executionArn: ExecutionArn): void {
    cache.delete(executionArn);
    background.after(`wake:${executionArn}`, 0, () => settle(executionArn, {}));
  }

  async function afterwards(
    executionArn: ExecutionArn,
    known: Known,
    owner: OwnedAssignment,
    last: Advanced,
  ): Promise<void> {
    if (last.waiting.length > 0 || last.waitingStatuses.length > 0) {
      background.after(`repair:${executionArn}`, settings.gapWaitMs, () => repair(executionArn, 0));
      return;
    }
    const fold = (await writer.peek(owner)).folds.get(executionArn);
    if (fold === undefined) return;
    if (fold.mapRuns.size > 0 && !hasEnded(fold))
      background.after(`mapRuns:${executionArn}`, settings.mapRunPollMs, () => pollMapRuns(executionArn));
    if (hasEnded(fold) && known.parked.length === 0) await watchList.unwatch(executionArn);
  }

  /** How often history is asked for what it does not have yet: it may lag behind the logs. */
  const maxAsked = 3;

  async function repair(executionArn: ExecutionArn, asked: number, backstop = false): Promise<void> {
    // What is missing here may be kept by another correlator: nothing is repaired, let alone given up, before that is known.
    await settle(executionArn, { reload: true, backstop });
    const view = await look(executionArn);
    if (view?.assignment?.kind !== 'owned' || !(hasStatus(view) || waits(view, executionArn))) return;
    const description = await profiles.learnLevel(executionArn);
    if (description?.logLevel === 'ERROR' || description?.logLevel === 'FATAL') {
      await settle(executionArn, { backstop });
      return;
    }
    const afterId = view.head?.folds.get(executionArn)?.lastId ?? 0;
    const standard = executionArnParts(executionArn).kind === 'standard';
    const history = standard ? await directory.history(executionArn, afterId) : undefined;
    if (history === undefined) {
      await settle(executionArn, { giveUp: standard ? 'executionUnknown' : 'expressHasNoHistory', backstop });
      return;
    }
    const here = new Set(view.parked.flatMap((item) => item.records.map((record) => record.id)));
    const missing = history.filter((record) => !here.has(record.id));
    const last = asked + 1 >= maxAsked;
    await settle(executionArn, { history: missing, backstop, ...(last ? { giveUp: 'notInHistory' } : {}) });
    if (last) return;
    const after = await look(executionArn);
    if (
      after !== undefined &&
      after.parked.some((item) => item.statuses.length > 0 || waits(after, executionArn))
    )
      background.after(`repair-again:${executionArn}`, settings.gapWaitMs * 2 ** asked, () =>
        repair(executionArn, asked + 1, backstop),
      );
  }

  function hasStatus(view: ExecutionView): boolean {
    return view.parked.some((item) => item.statuses.length > 0);
  }

  /** Whether something is kept that has a hole before it; what is kept for telling nothing has none. */
  function waits(view: ExecutionView, executionArn: ExecutionArn): boolean {
    const fold = view.head?.folds.get(executionArn);
    const ids = view.parked.flatMap((item) => item.records.map((record) => record.id)).sort((a, b) => a - b);
    let next = (fold?.lastId ?? 0) + 1;
    for (const id of ids) {
      if (id > next) return true;
      next = Math.max(next, id + 1);
    }
    return false;
  }

  async function pollMapRuns(executionArn: ExecutionArn): Promise<void> {
    const view = await look(executionArn);
    if (view?.assignment?.kind !== 'owned' || view.head === undefined) return;
    const owner = view.assignment;
    const fold = view.head.folds.get(executionArn);
    const runs = fold === undefined || hasEnded(fold) ? [] : [...fold.mapRuns.values()];
    if (runs.length === 0) return;
    const counts = new Map<string, NonNullable<Awaited<ReturnType<ExecutionDirectory['mapRun']>>>>();
    for (const mapRunArn of runs) {
      const found = await directory.mapRun(mapRunArn);
      if (found !== undefined) counts.set(mapRunArn, found);
    }
    await locks.run(`execution#${executionArn}`, async () => {
      await writer.write({ ...owner }, (head) => {
        const advanced = advanceStream(head, {
          executionArn,
          source: owner.source,
          nested: owner.nested,
          records: [],
          statuses: [],
          sparse: false,
          giveUp: undefined,
          profile: profiles.peek(executionArn).profile,
          mapRunCounts: counts,
        });
        return { entries: advanced.entries, result: undefined };
      });
    });
    background.after(`mapRuns-again:${executionArn}`, settings.mapRunPollMs, () => pollMapRuns(executionArn));
  }

  async function settleLocked(executionArn: ExecutionArn, arrival: Arrival): Promise<void> {
    const tally = createTally(outcomes);
    const fresh = freshOf(arrival, tally);
    tally.outcomes.recordsIn('history', fresh.history.size);
    tally.outcomes.recordsIn('events', fresh.records.length - fresh.history.size);
    // Children of a distributed Map are counted by their Map Run; there may be a million of them.
    if (executionArnParts(executionArn).mapRunLabel !== undefined)
      tally.outcomes.record('ignored', fresh.records.length);
    else {
      const known = arrival.reload === true ? await load(executionArn) : await recall(executionArn);
      if (arrival.reload === true && known.assignment?.kind === 'owned') writer.forget(known.assignment);
      await settleKnown(executionArn, known, fresh, arrival);
    }
    tally.commit();
  }

  async function settleKnown(
    executionArn: ExecutionArn,
    before: Known,
    arrived: Fresh,
    arrival: Arrival,
  ): Promise<void> {
    let known = before;
    let fresh = arrived;
    const isNew = known.assignment === undefined;
    if (isNew) {
      await watchList.watch({ executionArn, sinceMs: known.firstSeenMs });
      await proveFrom(executionArn, known, fresh);
      if (known.assignment === undefined) {
        if (!(await keepUnowned(executionArn, known, fresh))) return;
        fresh = freshOf({}, fresh.tally);
      }
      known = cache.get(executionArn) ?? known;
    }
    const { assignment } = known;
    if (assignment === undefined) return;
    if (isNew) background.after(`look-again:${executionArn}`, 0, () => lookAgain(executionArn));
    switch (assignment.kind) {
      case 'quarantined':
        await keepQuarantined(executionArn, known, fresh, isNew);
        return;
      case 'unowned':
        await giveUpKept(executionArn, known, assignment.reason, fresh.records, fresh.tally);
        return;
      case 'owned':
        await settleOwned(executionArn, known, assignment, fresh, arrival);
    }
  }

  /**
   * After an assignment: what came to another correlator while the owner was being proven here is kept by it, and not
   * in the memory of this one. Whoever keeps looks for the owner afterwards, whoever assigns looks for what is kept
   * afterwards, so one of the two finds it.
   */
  async function lookAgain(executionArn: ExecutionArn): Promise<void> {
    const { children, parked } = await executions.load(executionArn);
    for (const child of children) wake(child);
    const here = new Set(cache.get(executionArn)?.parked.map((item) => item.key));
    if (parked.some((item) => !here.has(item.key))) wake(executionArn);
  }

  /** The records stay for operators until their time to live is over. Nothing is told. */
  async function keepQuarantined(
    executionArn: ExecutionArn,
    known: Known,
    fresh: Fresh,
    isNew: boolean,
  ): Promise<void> {
    const kept = isNew ? known.parked.flatMap((item) => item.records).length : 0;
    if (fresh.records.length > 0) await park(executionArn, known, { records: fresh.records, statuses: [] });
    fresh.tally.outcomes.parked('out', kept);
    fresh.tally.outcomes.record('quarantined', kept + fresh.records.length);
    await watchList.unwatch(executionArn);
  }

  async function giveUpKept(
    executionArn: ExecutionArn,
    known: Known,
    reason: string,
    fresh: readonly ExecutionRecord[],
    tally: Tally,
  ): Promise<void> {
    const items = known.parked;
    const kept = items.flatMap((item) => item.records);
    await giveUp(executionArn, 'CORRELATOR_UNOWNED', reason, [...kept, ...fresh], tally);
    tally.outcomes.parked('out', kept.length);
    known.parked = [];
    await executions.unpark(
      executionArn,
      items.map((item) => item.key),
    );
    await watchList.unwatch(executionArn);
  }

  function settle(executionArn: ExecutionArn, arrival: Arrival): Promise<void> {
    return locks.run(`execution#${executionArn}`, () => settleLocked(executionArn, arrival));
  }

  async function look(executionArn: ExecutionArn): Promise<ExecutionView | undefined> {
    const known = await recall(executionArn);
    const { assignment, parked } = known;
    const head = assignment?.kind === 'owned' ? await writer.peek(assignment) : undefined;
    return { assignment, parked, head };
  }

  return {
    settle,
    look,
    forget(executionArn) {
      cache.delete(executionArn);
    },
    abandon: (executionArn) =>
      locks.run(`execution#${executionArn}`, async () => {
        const known = await load(executionArn);
        if (known.assignment !== undefined) return;
        const { reason } = known;
        const assignment = await executions.assign(executionArn, { kind: 'unowned', reason });
        known.assignment = assignment;
        if (assignment.kind !== 'unowned') {
          wake(executionArn);
          return;
        }
        logger.warn({ executionArn, reason }, 'execution without owner given up');
        const tally = createTally(outcomes);
        await giveUpKept(executionArn, known, reason, [], tally);
        tally.commit();
      }),
  };
}
