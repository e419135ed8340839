import { letterOfError, type DeadLetters } from '@stepcast/wire';
import { errorFields, type Logger, type Metrics } from '@stepcast/kit';
import { newestReports } from '../domain/newest-reports.ts';
import { groupByExecution } from '../domain/plan-messages.ts';
import type { BatchTaker } from '../ports/batch-taker.port.ts';
import type { DecodedRecord, PayloadDecoder } from '../ports/payload-decoder.port.ts';

type GoodRecord = Extract<DecodedRecord, { kind: 'record' }>;
type ReportRecord = Extract<DecodedRecord, { kind: 'report' }>;
type MalformedRecord = Extract<DecodedRecord, { kind: 'malformed' }>;

/** What became of one payload. Every log event is in exactly one of the three counts. */
export interface ForwardReport {
  readonly forwarded: number;
  readonly deadLettered: number;
  /** Log events that are none of ours, or a report with a newer one of its step behind it, by reason. */
  readonly ignored: Readonly<Record<string, number>>;
  /** In how many parts the records went on: messages of the events queue, or batches. */
  readonly messages: number;
}

export interface ForwardDependencies {
  readonly decoder: PayloadDecoder;
  readonly batches: BatchTaker;
  readonly deadLetters: DeadLetters;
  readonly logger: Logger;
  readonly metrics: Metrics;
}

export interface Forwarder {
  /**
   * Takes one payload whole: it resolves when every record is taken by the {@link BatchTaker} or the dead-letter queue.
   * @throws ForwarderPayloadError (not retryable) when the payload is no subscription payload
   * @throws what the batch taker throws, and QueueSendError, DeadLetterRefusedError, when not everything was taken; the
   * payload must be sent again as a whole
   */
  handle(payload: unknown): Promise<ForwardReport>;
  /**
   * Dead-letters a payload that can never work.
   * @param thrown what `handle` threw
   * @throws QueueSendError, DeadLetterRefusedError when that failed; the payload must be sent again
   */
  giveUp(thrown: unknown, original: string): Promise<void>;
}

export function createForwardPayload(dependencies: ForwardDependencies): Forwarder {
  const { decoder, batches, deadLetters, logger, metrics } = dependencies;
  const records = metrics.counter('records_total', 'Log events taken in, by what became of them', [
    'outcome',
    'reason',
  ]);
  const payloads = metrics.counter('payloads_total', 'Payloads taken in, by what became of them', [
    'outcome',
  ]);
  const payloadTaken = payloads.bound({ outcome: 'taken' });
  const recordsForwarded = records.bound({ outcome: 'forwarded', reason: '' });

  async function sendToDeadLetters(malformed: readonly MalformedRecord[]): Promise<void> {
    await deadLetters.send(
      malformed.map((one) => ({
        code: 'FORWARDER_RECORD_INVALID',
        reason: `log event ${one.index}: ${one.problem}`,
        executionArn: one.executionArn,
        original: one.original,
      })),
    );
    logger.warn({ records: malformed.length }, 'malformed records dead-lettered');
  }

  async function forward(payload: unknown): Promise<ForwardReport> {
    const decoded = decoder.decode(payload);
    if (decoded.kind === 'ignored') {
      logger.debug({ reason: decoded.reason }, 'payload ignored');
      return { forwarded: 0, deadLettered: 0, ignored: { [decoded.reason]: 1 }, messages: 0 };
    }
    const good: GoodRecord[] = [];
    const malformed: MalformedRecord[] = [];
    const said: ReportRecord[] = [];
    const ignored: Record<string, number> = {};
    for (const one of decoded.records) {
      if (one.kind === 'record') good.push(one);
      else if (one.kind === 'malformed') malformed.push(one);
      else if (one.kind === 'report') said.push(one);
      else ignored[one.reason] = (ignored[one.reason] ?? 0) + 1;
    }

    const executions = groupByExecution(good);
    const reports = newestReports(said);
    const newest = reports.reduce((sum, one) => sum + one.reports.length, 0);
    if (newest < said.length) ignored.reportSuperseded = said.length - newest;
    const messages = await batches.take(executions, reports);
    for (const { executionArn, records: taken } of executions)
      logger.debug({ executionArn, records: taken.length }, 'records forwarded');
    // After the good ones, which a full dead-letter queue must not hold up.
    if (malformed.length > 0) await sendToDeadLetters(malformed);
    return { forwarded: good.length + newest, deadLettered: malformed.length, ignored, messages };
  }

  return {
    async handle(payload) {
      let report: ForwardReport;
      try {
        report = await forward(payload);
      } catch (thrown) {
        payloads.add({ outcome: 'failed' });
        throw thrown;
      }
      payloadTaken();
      recordsForwarded(report.forwarded);
      if (report.deadLettered > 0) records.add({ outcome: 'dead_lettered', reason: '' }, report.deadLettered);
      for (const [reason, count] of Object.entries(report.ignored))
        records.add({ outcome: 'ignored', reason }, count);
      return report;
    },

    async giveUp(thrown, original) {
      logger.warn(errorFields(thrown), 'payload dead-lettered');
      await deadLetters.send([{ ...letterOfError(thrown, 'FORWARDER_FAILED'), original }]);
    },
  };
}
