import { QUEUE_NAMES } from '@stepcast/wire';
import { readAudit } from '../audit-reading.ts';
import { explainCode, withoutLinks, type ExplainedCode } from '../dead-letters/explain.ts';
import { MAX_HELD, withLetters } from '../dead-letters/letters.ts';
import { viewLetter } from '../dead-letters/mend-letters.ts';
import { lookUp } from '../lookup/look-up.ts';
import type { Operator } from '../operator.ts';
import type { HopMeasures } from '../ports.ts';
import { newestStreams } from '../reading/newest-streams.ts';
import { planReplay } from '../replay/plan-replay.ts';
import { countLetters, type LetterCount } from '../stats/letter-codes.ts';
import { readStats, type Stats } from '../stats/count-waiting.ts';
import { heldOf, helpForHeld, viewHeld, type HeldKind } from '../waiting/held.ts';
import type {
  AuditReply,
  HeldReply,
  HistoryReply,
  LettersReply,
  LookUpReply,
  PlanReply,
  StatsReply,
  StreamsReply,
} from './contract.ts';
import {
  AuditQuery,
  HistoryQuery,
  LookUpQuery,
  PlanRequest,
  readBody,
  readRequest,
  StatsQuery,
} from './requests.ts';
import { sharedAnswer, type SharedAnswer } from './shared-answers.ts';
import type { Turns } from './turns.ts';

/** How long an answer is good for other pages, in milliseconds. The scans cost what reading the table costs. */
const GOOD_FOR = { queues: 1_000, scan: 5_000, history: 2_000 } as const;
const MAX_STREAMS = 50;
const MAX_PLANNED = 100;
/** As long as it takes to read all letters that are listed. */
const READ_SECONDS = 20;

/**
 * What the page reads. Nothing here changes anything.
 * @param inHand letters that one reader has in hand are hidden from the others, so readers take turns
 */
export function createReading(operator: Operator, measures: HopMeasures, inHand: Turns) {
  const { clock, table, queues } = operator;
  const quick = sharedAnswer(clock, GOOD_FOR.queues, () => readStats(operator, true));
  let counted: { readonly letters: number; readonly codes: readonly LetterCount[] } | undefined;
  /** To count is to take them in hand; so only when there are more or fewer than before. */
  async function countCodes({ hops }: Stats): Promise<readonly LetterCount[]> {
    const depth = hops.find(({ queue }) => queue === QUEUE_NAMES.deadLetters)?.depth;
    const letters = (depth?.visible ?? 0) + (depth?.inFlight ?? 0);
    if (letters === 0) return [];
    if (counted?.letters === letters) return counted.codes;
    const codes = await inHand(() => countLetters(queues));
    counted = codes.length === 0 ? undefined : { letters, codes };
    return codes;
  }
  const full = sharedAnswer(clock, GOOD_FOR.scan, async (): Promise<StatsReply> => {
    const stats = await readStats(operator, false);
    return { ...stats, deadLetters: await countCodes(stats) };
  });
  const streams = sharedAnswer(clock, GOOD_FOR.scan, () => newestStreams(table, MAX_STREAMS));
  let history: { readonly minutes: number; readonly shared: SharedAnswer<HistoryReply> } | undefined;

  return {
    /** What is read after a change is as it is after the change. */
    forget() {
      counted = undefined;
      full.forget();
      quick.forget();
      streams.forget();
    },
    async stats(query: unknown): Promise<StatsReply> {
      return readRequest(StatsQuery, query).quick ? { ...(await quick.get()), deadLetters: [] } : full.get();
    },
    history(query: unknown): Promise<HistoryReply> {
      const { minutes } = readRequest(HistoryQuery, query);
      if (history?.minutes !== minutes)
        history = {
          minutes,
          shared: sharedAnswer(clock, GOOD_FOR.history, () => measures.history(minutes)),
        };
      return history.shared.get();
    },
    streams: (): Promise<StreamsReply> => streams.get(),
    async lookup(query: unknown): Promise<LookUpReply> {
      return lookUp(operator, readRequest(LookUpQuery, query).what);
    },
    async held(kind: HeldKind): Promise<HeldReply> {
      const all = await heldOf(operator, kind);
      return { executions: all.map((one) => ({ ...viewHeld(one), help: helpForHeld(one) })) };
    },
    async letters(): Promise<LettersReply> {
      const views = await inHand(() =>
        withLetters(queues, READ_SECONDS, (held) => Promise.resolve(held.map(viewLetter))),
      );
      const codes = new Set(views.map(({ code }) => code));
      return {
        letters: views.map(
          ({ id, code, reason, at = null, service = null, executionArn = null, backTo = null }) => ({
            id,
            code,
            reason,
            at,
            service,
            executionArn,
            backTo,
          }),
        ),
        more: views.length >= MAX_HELD,
        explanations: [...codes]
          .flatMap((code) => (code === null ? [] : (explainCode(code) ?? [])))
          .map(inWords),
      };
    },
    async audit(query: unknown): Promise<AuditReply> {
      const { limit } = readRequest(AuditQuery, query);
      const month = new Date(clock.nowMs()).toISOString().slice(0, 7);
      return { month, entries: await readAudit(table, month, limit) };
    },
    async plan(body: string | undefined): Promise<PlanReply> {
      const { what: named, from, to, allEpochs } = readBody(PlanRequest, body);
      const given = { what: named, from, to: to ?? new Date(clock.nowMs()).toISOString(), allEpochs };
      const { what, ...plan } = await planReplay(operator, given);
      const selection = { ...given, what };
      const listed = plan.streams.slice(0, MAX_PLANNED);
      return { ...plan, selection, streams: listed, more: plan.streams.length - listed.length };
    },
  };
}
export type Reading = ReturnType<typeof createReading>;

function inWords({ code, kind, what, look, mend }: ExplainedCode): LettersReply['explanations'][number] {
  return { code, kind, what: withoutLinks(what), look: withoutLinks(look), mend: withoutLinks(mend) };
}
