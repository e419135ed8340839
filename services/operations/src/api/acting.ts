import type { Logger } from '@stepcast/kit';
import { createAudit, recordFailure, type Audit } from '../audit.ts';
import { makeAudited, type Change, type ChangeReport } from '../changes.ts';
import { withLetters } from '../dead-letters/letters.ts';
import { letterChange, selectLetters } from '../dead-letters/mend-letters.ts';
import { OperatorError, UnknownSubjectError } from '../errors.ts';
import type { Operator } from '../operator.ts';
import { subjectOfReplay } from '../replay/plan.ts';
import { REPLAY_START, replayStep, type ReplayCursor } from '../replay/replay-step.ts';
import { heldOf, mendHeld, nameOfHeld, PARKED, type HeldKind } from '../waiting/held.ts';
import type { ChangeReply, StepReply, StopReply } from './contract.ts';
import { lineOf } from './replies.ts';
import type { Turns } from './turns.ts';
import {
  LetterChange,
  ParkedChange,
  QuarantineChange,
  readBody,
  StepRequest,
  StopRequest,
} from './requests.ts';

/** Nobody else gets the letters meanwhile. More than a call may take. */
const WORK_SECONDS = 60;
/** How long a step of a replay publishes; a call may take longer than all of it. */
const STEP_MS = 3_000;

/** What the page changes, in the name of who asks. Every change is in the audit before it is made and after it was. */
export function createActing(operator: Operator, logger: Logger, inHand: Turns) {
  const auditOf = (who: string): Audit =>
    createAudit({ ...operator, who: () => Promise.resolve(who) }, (entry) => {
      logger.info({ ...entry }, 'operator action');
    });

  async function make(
    who: string,
    action: string,
    changes: readonly Change[],
    reason: string | null,
  ): Promise<ChangeReply> {
    return changeReply(await makeAudited(auditOf(who), action, changes, reason));
  }

  return {
    /** @throws UsageError, UnknownSubjectError before anything is changed */
    letters(body: string | undefined, who: string): Promise<ChangeReply> {
      const { action, ids, code, reason } = readBody(LetterChange, body);
      return inHand(() =>
        withLetters(operator.queues, WORK_SECONDS, (held, settled) =>
          make(
            who,
            `dead-letters ${action}`,
            // The page knows whole IDs, as it does of executions.
            selectLetters(held, { ids, code, all: false, whole: true }).map((letter) =>
              letterChange(operator, letter, action, settled),
            ),
            reason,
          ),
        ),
      );
    },

    /** @throws UsageError, UnknownSubjectError before anything is changed */
    async held(kind: HeldKind, body: string | undefined, who: string): Promise<ChangeReply> {
      const { action, executions, reason } = readBody(
        kind === PARKED ? ParkedChange : QuarantineChange,
        body,
      );
      const all = await heldOf(operator, kind);
      const chosen = [...new Set(executions)].map((name) => {
        const found = all.find(({ executionArn, digest }) => name === executionArn || name === digest);
        if (found !== undefined) return found;
        throw new UnknownSubjectError(`${kind.nothing} of ${name} (any more); nothing was changed`);
      });
      const changes = chosen.map((execution): Change => ({
        subject: nameOfHeld(execution),
        make: () => mendHeld(operator, kind, action, execution),
      }));
      return make(who, `${kind.name} ${action}`, changes, reason);
    },

    /**
     * Says in the audit that a replay was stopped between two steps, where else its beginning would have no end.
     * @throws UsageError; OperatorError when the audit cannot be written
     */
    async stopReplay(body: string | undefined, who: string): Promise<StopReply> {
      const { selection, cursor, reason } = readBody(StopRequest, body);
      await auditOf(who).record({
        action: 'replay',
        subject: subjectOfReplay(selection),
        reason,
        change: cursor.change,
        outcome: 'failed',
        detail: `${cursor.published} messages; interrupted`,
      });
      return { cursor };
    },

    /** @throws UsageError; UnknownSubjectError, OperatorError when it stopped before the first message */
    async replay(body: string | undefined, who: string): Promise<StepReply> {
      const { selection, cursor, resumed, rate, reason } = readBody(StepRequest, body);
      const audit = auditOf(who);
      const subject = subjectOfReplay(selection);
      const change = cursor?.change ?? audit.newChange();
      const entry = { action: 'replay', subject, reason, change };
      let reached: ReplayCursor = cursor ?? REPLAY_START;
      let begun = cursor !== null;
      try {
        const step = await replayStep(operator, {
          selection,
          cursor: reached,
          rate,
          budgetMs: STEP_MS,
          async onReady() {
            const outcome = cursor === null ? 'begun' : 'resumed';
            if (cursor === null || resumed)
              await audit.record({ ...entry, outcome, detail: 'from the page' });
            begun = true;
          },
          onProgress(to) {
            reached = to;
          },
        });
        if (step.finished)
          await audit.record({ ...entry, outcome: 'done', detail: `${step.cursor.published} messages` });
        return { ...step, cursor: { ...step.cursor, change }, stopped: null };
      } catch (thrown) {
        if (begun) await recordFailure(audit, { ...entry, detail: `${reached.published} messages` }, thrown);
        if (!(thrown instanceof OperatorError) || reached.reached === null) throw thrown;
        return {
          cursor: { ...reached, change },
          finished: false,
          stopped: { message: lineOf(thrown), retryable: thrown.retryable },
        };
      }
    },
  };
}

function changeReply({ action, done, gone, stopped }: ChangeReport): ChangeReply {
  return { action, done, gone, stopped: stopped === undefined ? null : lineOf(stopped) };
}
