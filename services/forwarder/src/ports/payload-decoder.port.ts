import type { ExecutionArn } from '@stepcast/contracts';
import type { ExecutionRecord, Report, ReportTarget } from '@stepcast/wire';

/**
 * Why a log event is none of ours. `reportRefused`: the token is missing or wrong. `reportInvalid`: it names nothing, or says nothing.
 */
export type IgnoredReason = 'notJson' | 'notStepFunctions' | 'notReport' | 'reportRefused' | 'reportInvalid';

/** What one log event turned out to be. `index` is its place in the payload. */
export type DecodedRecord =
  | {
      readonly kind: 'record';
      readonly index: number;
      readonly executionArn: ExecutionArn;
      readonly record: ExecutionRecord;
    }
  | {
      readonly kind: 'report';
      readonly index: number;
      readonly target: ReportTarget;
      readonly report: Report;
    }
  | { readonly kind: 'ignored'; readonly index: number; readonly reason: IgnoredReason }
  | {
      readonly kind: 'malformed';
      readonly index: number;
      /** Path and problem, never the value. */
      readonly problem: string;
      readonly executionArn: string | undefined;
      readonly original: string;
    };

export type DecodedPayload =
  | { readonly kind: 'data'; readonly records: readonly DecodedRecord[] }
  | { readonly kind: 'ignored'; readonly reason: 'controlMessage' | 'unknownMessageType' };

/** Port: from what CloudWatch Logs sends to records that are cut already. */
export interface PayloadDecoder {
  /**
   * @param payload `{ awslogs: { data } }` with base64 text, or the bytes of one Kinesis record
   * @throws ForwarderPayloadError when it is neither
   */
  decode(payload: unknown): DecodedPayload;
}
