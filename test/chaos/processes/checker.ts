import { Epoch, executionNameOf } from '@stepcast/contracts';
import {
  streamOf,
  type Handed,
  type PutIn,
  type RunHistory,
  type SeenEvents,
  type Witnessed,
} from './history.ts';

/** What must never be found, each with its own count. */
export type Rule =
  /** An event stands in the journal, or had to, and no message brought it. */
  | 'neverPublished'
  /** What happened and stands in no journal. */
  | 'neverJournaled'
  /** Offsets of a stream that are missing or there twice in the journal. */
  | 'hole'
  /** The same thing under two offsets, or something that never happened. */
  | 'emittedTwice'
  /** The first message with an offset came before that of a lower one, or differs from the journal. */
  | 'outOfOrder'
  /** A message or entry with something of somebody else, or of nobody. */
  | 'foreign'
  /** An application was handed an offset again, or out of order. */
  | 'duplicateAtApplication'
  /** An application was not handed an offset, and no gap was reported to it. */
  | 'missingAtApplication'
  /** Events, retained state, overview or an application do not have the end. */
  | 'neverEnded';

export interface Finding {
  readonly rule: Rule;
  /** The stream, topic or application. */
  readonly where: string;
  readonly detail: string;
}

/** All that is wrong in a run. Empty is the one good answer. */
export function checkRun(history: RunHistory): Finding[] {
  return [
    ...checkJournal(history),
    ...checkPublished(history),
    ...checkFirstDeliveries(history),
    ...checkForeign(history),
    ...checkApplications(history),
    ...checkEnds(history),
  ];
}

const isEnd = (what: string) => /^execution(Succeeded|Failed|TimedOut|Aborted)$/.test(what);

function byStream(entries: readonly SeenEvents[]): Map<string, SeenEvents[]> {
  return Map.groupBy(entries, streamOf);
}

function uploadKey(one: { readonly identityId: string; readonly uploadId: string }): string {
  return `${one.identityId} ${one.uploadId}`;
}

/** Every version has a stream; its offsets are 1, 2, 3…; it tells what happened, each thing once. */
export function checkJournal({ putIn, journal }: RunHistory): Finding[] {
  const findings: Finding[] = [];
  const streams = byStream(journal);
  for (const [where, entries] of streams) {
    let next = 1;
    for (const entry of entries.toSorted((one, other) => one.firstOffset - other.firstOffset)) {
      if (entry.firstOffset !== next)
        findings.push({ rule: 'hole', where, detail: `${entry.firstOffset} where ${next} belongs` });
      const offsets = entry.events.map(({ offset }) => offset);
      if (offsets.some((offset, index) => offset !== entry.firstOffset + index))
        findings.push({ rule: 'hole', where, detail: `an entry has the offsets ${offsets.join(' ')}` });
      if (offsets.at(-1) !== entry.lastOffset)
        findings.push({ rule: 'hole', where, detail: `an entry does not end at its ${entry.lastOffset}` });
      next = entry.lastOffset + 1;
    }
  }
  const epochsOf = Map.groupBy(streams.values(), ([entry]) => (entry === undefined ? '' : uploadKey(entry)));
  for (const put of putIn) {
    const versions = epochsOf.get(uploadKey(put)) ?? [];
    if (versions.length < put.versions)
      findings.push({
        rule: 'neverJournaled',
        where: uploadKey(put),
        detail: `${versions.length} streams of ${put.versions} versions`,
      });
    if (versions.length > put.versions)
      findings.push({
        rule: 'emittedTwice',
        where: uploadKey(put),
        detail: `${versions.length} streams of ${put.versions} versions`,
      });
    for (const entries of versions) findings.push(...compareWithExpected(put, entries));
  }
  return findings;
}

function compareWithExpected(put: PutIn, entries: readonly SeenEvents[]): Finding[] {
  const where = entries[0] === undefined ? uploadKey(put) : streamOf(entries[0]);
  const counts = new Map<string, number>();
  for (const { what } of entries.flatMap(({ events }) => events))
    counts.set(what, (counts.get(what) ?? 0) + 1);
  const findings: Finding[] = [];
  for (const what of new Set([...put.expected.keys(), ...counts.keys()])) {
    if (what.startsWith('iterationsProgressed')) continue;
    const [has, wants] = [counts.get(what) ?? 0, put.expected.get(what) ?? 0];
    if (has !== wants)
      findings.push({
        rule: has < wants ? 'neverJournaled' : 'emittedTwice',
        where,
        detail: `${what}: ${has} times, not ${wants}`,
      });
  }
  return findings;
}

/** Every event of the journal was in a message to its own topic. */
export function checkPublished({ journal, witnessed }: RunHistory): Finding[] {
  const published = new Set<string>();
  for (const message of witnessed)
    if (message.kind === 'events')
      for (const { offset, what } of message.seen.events)
        published.add(`${streamOf(message.seen)} ${offset} ${what}`);
  return [...byStream(journal)].flatMap(([where, entries]): Finding[] => {
    const missing = entries
      .flatMap(({ events }) => events)
      .filter(({ offset, what }) => !published.has(`${where} ${offset} ${what}`));
    return missing.map(({ offset, what }) => ({
      rule: 'neverPublished',
      where,
      detail: `offset ${offset} (${what})`,
    }));
  });
}

/** What is new in a message begins right after the newest offset that came before. */
export function checkFirstDeliveries({ witnessed }: RunHistory): Finding[] {
  const findings: Finding[] = [];
  const newest = new Map<string, number>();
  for (const message of witnessed) {
    if (message.kind === 'unreadable')
      findings.push({ rule: 'foreign', where: message.topic, detail: message.problem });
    if (message.kind !== 'events') continue;
    const where = streamOf(message.seen);
    const offsets = message.seen.events.map(({ offset }) => offset);
    for (const offset of offsets) {
      const last = newest.get(where) ?? 0;
      if (offset <= last) continue;
      if (offset !== last + 1)
        findings.push({ rule: 'outOfOrder', where, detail: `${offset} came after ${last}` });
      newest.set(where, offset);
    }
  }
  return findings;
}

/** Topic, identity, upload and execution of everything belong to one another and to something that was put in. */
export function checkForeign({ putIn, journal, witnessed }: RunHistory): Finding[] {
  const findings: Finding[] = [];
  const known = new Map(putIn.map((put) => [uploadKey(put), put]));
  const foreign = (where: string, detail: string) => findings.push({ rule: 'foreign', where, detail });
  const checkEvents = (where: string, seen: SeenEvents) => {
    const put = known.get(uploadKey(seen));
    if (put === undefined) {
      foreign(where, 'of an upload that nobody put in');
      return;
    }
    const own = executionsOf(put, seen.epoch);
    const other = seen.events.find(({ executionArn }) => executionArn !== undefined && !own(executionArn));
    if (other !== undefined) foreign(where, `offset ${other.offset} is of ${String(other.executionArn)}`);
  };
  for (const entry of journal) checkEvents(`journal ${streamOf(entry)}`, entry);
  for (const message of witnessed) {
    if (message.kind === 'unreadable') continue;
    const content = message.kind === 'events' ? message.seen : message;
    const where = `${message.kind} of ${message.topicIdentityId}`;
    if (content.identityId !== message.topicIdentityId) foreign(where, `tells of ${content.identityId}`);
    if (message.kind === 'overview') {
      for (const { uploadId } of message.uploads)
        if (!known.has(uploadKey({ identityId: message.topicIdentityId, uploadId })))
          foreign(where, `lists ${uploadId}`);
      continue;
    }
    const { uploadId } = message.kind === 'events' ? message.seen : message;
    if (uploadId !== message.topicUploadId) foreign(where, `has ${uploadId} on ${message.topicUploadId}`);
    if (message.kind === 'events') checkEvents(where, message.seen);
    else if (!known.has(uploadKey(message))) foreign(where, 'of an upload that nobody put in');
  }
  return findings;
}

function executionsOf(put: PutIn, epoch: string): (arn: string) => boolean {
  if (put.executionArns !== undefined) {
    const arns = new Set(put.executionArns);
    return (arn) => arns.has(arn);
  }
  const name = executionNameOf(put.bucket, put.key, Epoch.parse(epoch));
  return (arn) => arn.endsWith(`:${name}`);
}

/** Each offset once and in order. From one epoch to the next, and where a gap was reported to it, an application may jump. */
export function checkApplications({ journal, handed }: RunHistory): Finding[] {
  const lastOffsets = new Map<string, number>();
  for (const entry of journal)
    lastOffsets.set(streamOf(entry), Math.max(entry.lastOffset, lastOffsets.get(streamOf(entry)) ?? 0));
  return handed.flatMap((application) => checkApplication(application, lastOffsets));
}

function checkApplication(application: Handed, lastOffsets: ReadonlyMap<string, number>): Finding[] {
  const where = `${application.client} ${application.uploadId}`;
  const findings: Finding[] = [];
  const reached = new Map<string, number>();
  let mayJump = false;
  let newest: string | undefined;
  for (const step of application.steps) {
    if (step.kind === 'discontinuity') mayJump = true;
    if (step.kind === 'error')
      findings.push({ rule: 'neverEnded', where, detail: `the watch ended with ${step.code}` });
    if (step.kind !== 'event') continue;
    const { epoch, offset } = step;
    const last = reached.get(epoch) ?? 0;
    if (offset <= last)
      findings.push({ rule: 'duplicateAtApplication', where, detail: `${epoch} ${offset} after ${last}` });
    else if (offset !== last + 1 && !mayJump)
      findings.push({ rule: 'missingAtApplication', where, detail: `${epoch} ${offset} after ${last}` });
    mayJump = false;
    newest = epoch;
    reached.set(epoch, Math.max(last, offset));
  }
  const wanted =
    newest === undefined ? undefined : lastOffsets.get(streamOf({ ...application, epoch: newest }));
  const has = newest === undefined ? 0 : (reached.get(newest) ?? 0);
  if (!mayJump && has < (wanted ?? 1))
    findings.push({ rule: 'missingAtApplication', where, detail: `ends at ${has} of ${wanted ?? 'all'}` });
  return findings;
}

/** The end is in the events of each stream, in the retained state and overview, and at the applications. */
export function checkEnds({ putIn, journal, witnessed, handed }: RunHistory): Finding[] {
  const findings: Finding[] = [];
  const never = (where: string, detail: string) => findings.push({ rule: 'neverEnded', where, detail });
  const streams = byStream(journal);
  for (const [where, entries] of streams)
    if (!entries.some(({ events }) => events.some(({ what }) => isEnd(what))))
      never(where, 'no end in the journal');
  const states = Map.groupBy(
    witnessed.filter((message) => message.kind === 'state'),
    uploadKey,
  );
  const overviews = new Map<string, Extract<Witnessed, { kind: 'overview' }>>();
  for (const message of witnessed)
    if (message.kind === 'overview') overviews.set(message.identityId, message);
  for (const put of putIn) {
    const where = uploadKey(put);
    const published = states.get(where) ?? [];
    const state = published.at(-1);
    if (state === undefined) never(where, 'no retained state');
    else {
      const entries = streams.get(streamOf(state)) ?? [];
      const last = Math.max(0, ...entries.map(({ lastOffset }) => lastOffset));
      // The states before it tell whether the newest never came, or was put back by an older one.
      const before = published.slice(-6, -1).map(({ status, offset }) => `${status} at ${offset}`);
      if (state.status === 'queued' || state.status === 'running' || state.offset !== last)
        never(
          where,
          `its retained state is ${state.status} at ${state.offset} of ${last}; before: ${before.join(', ') || 'none'}`,
        );
    }
    const overview = overviews.get(put.identityId);
    const line = overview?.uploads.find(({ uploadId }) => uploadId === put.uploadId);
    if (line === undefined ? overview?.truncated !== true : /^(queued|running)$/.test(line.status))
      never(where, `the overview says ${line?.status ?? 'nothing'}`);
  }
  for (const { client, uploadId, steps } of handed)
    if (!steps.some(({ kind }) => kind === 'complete')) never(`${client} ${uploadId}`, 'was not completed');
  return findings;
}
