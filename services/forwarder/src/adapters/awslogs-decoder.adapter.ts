import { gunzipSync } from 'node:zlib';
import { describeIssues, isObject, readJson, type ParseIssue } from '@stepcast/contracts';
import {
  cutRecord,
  cutReport,
  isReportLine,
  parseLogRecord,
  REPORTS_FILTER_SUFFIX,
  type Projector,
} from '@stepcast/wire';
import { asError } from '@stepcast/kit';
import { ForwarderPayloadError } from '../errors.ts';
import type { DecodedRecord, PayloadDecoder } from '../ports/payload-decoder.port.ts';
import { isToken } from './token.ts';
import { compiledLambdaEnvelope, compiledSubscriptionPayload } from './subscription-payload.schema.ts';

/** The size of a payload is not documented; one log event may be 1 MiB. */
const DEFAULT_MAX_UNZIPPED_BYTES = 16 * 1024 * 1024;
const MIN_CHUNK_BYTES = 16 * 1024;
const MAX_CHUNK_BYTES = 1024 * 1024;

/**
 * The size of the buffers that a payload is unzipped into. Its last four bytes say how long it becomes (RFC 1952, ISIZE):
 * in one buffer of one byte more, nothing has to be joined. They may lie, so they bound nothing.
 */
function chunkBytes(bytes: Uint8Array): number {
  let isize = 0;
  for (let back = 1; back <= 4; back += 1) isize = isize * 256 + (bytes.at(-back) ?? 0);
  return Math.min(MAX_CHUNK_BYTES, Math.max(MIN_CHUNK_BYTES, isize + 1));
}

function isGzip(bytes: Uint8Array): boolean {
  return bytes[0] === 0x1f && bytes[1] === 0x8b;
}

/** Kinesis records are raw gzip; somewhere on the way they may have become base64 text, which starts with `H4sI`. */
function compressedBytes(payload: unknown): Uint8Array {
  if (payload instanceof Uint8Array) {
    if (isGzip(payload)) return payload;
    const text = Buffer.from(payload.subarray(0, 4)).toString('latin1');
    if (text === 'H4sI') return Buffer.from(Buffer.from(payload).toString('latin1'), 'base64');
    throw new ForwarderPayloadError('the record is neither gzip nor base64 of gzip');
  }
  const envelope = compiledLambdaEnvelope.parse(payload);
  if (!envelope.ok) {
    throw new ForwarderPayloadError(
      `not a CloudWatch Logs subscription payload: ${describeIssues(envelope.issues)}; ` +
        'expected { "awslogs": { "data": "<base64 of gzip>" } }',
    );
  }
  const bytes = Buffer.from(envelope.value.awslogs.data, 'base64');
  if (!isGzip(bytes)) throw new ForwarderPayloadError('$.awslogs.data: not base64 of gzip');
  return bytes;
}

type LogEvent = Readonly<Record<string, unknown>> & { readonly message: string };

/** CloudWatch Logs names the filters, so that nothing in a line can say which way it came. */
function bringsReports(filters: unknown): boolean {
  return (
    Array.isArray(filters) &&
    filters.some((name) => typeof name === 'string' && name.endsWith(REPORTS_FILTER_SUFFIX))
  );
}

function malformed(
  original: string,
  index: number,
  issues: readonly ParseIssue[],
  executionArn: string | undefined,
): DecodedRecord {
  return { kind: 'malformed', index, problem: describeIssues(issues), executionArn, original };
}

export function createAwslogsDecoder(options: {
  /** Default 16 MiB. A payload that grows beyond it is refused before it takes the memory. */
  readonly maxUnzippedBytes?: number | undefined;
  readonly project?: Projector | undefined;
  /** What a report has to bring along. Undefined: none is taken. */
  readonly reportToken?: string | undefined;
}): PayloadDecoder {
  const { maxUnzippedBytes = DEFAULT_MAX_UNZIPPED_BYTES, project, reportToken } = options;

  function unzipped(payload: unknown): string {
    const bytes = compressedBytes(payload);
    try {
      // Not in the thread pool: handing a payload over to it takes longer than unzipping it, at every size.
      const unzip = { maxOutputLength: maxUnzippedBytes, chunkSize: chunkBytes(bytes) };
      return gunzipSync(bytes, unzip).toString('utf8');
    } catch (thrown) {
      throw new ForwarderPayloadError(
        `$.awslogs.data: cannot be unzipped to at most ${maxUnzippedBytes} bytes: ${asError(thrown).message}`,
        { cause: thrown },
      );
    }
  }

  function decodeRecord(message: string, index: number): DecodedRecord {
    const json = readJson(message);
    if (!json.ok) return { kind: 'ignored', index, reason: 'notJson' };
    // Anything with an `execution_arn` means to be a Step Functions record; anything else is none of ours.
    if (!isObject(json.value) || json.value.execution_arn === undefined)
      return { kind: 'ignored', index, reason: 'notStepFunctions' };
    const parsed = parseLogRecord(json.value);
    if (!parsed.ok) return malformed(message, index, parsed.issues, undefined);
    const { executionArn } = parsed.value;
    const cut = cutRecord(parsed.value, project);
    if (!cut.ok) return malformed(message, index, cut.issues, executionArn);
    return { kind: 'record', index, executionArn, record: cut.value };
  }

  /** No line is taken as a record of Step Functions here: a text that a task prints could forge one. */
  function decodeReport({ id, timestamp, message }: LogEvent, index: number): DecodedRecord {
    const json = readJson(message);
    if (!json.ok) return { kind: 'ignored', index, reason: 'notJson' };
    if (!isReportLine(json.value)) return { kind: 'ignored', index, reason: 'notReport' };
    if (!isToken(json.value.token, reportToken)) return { kind: 'ignored', index, reason: 'reportRefused' };
    const cut = cutReport(json.value, {
      id: typeof id === 'string' ? id : '',
      timestampMs: typeof timestamp === 'number' && Number.isSafeInteger(timestamp) ? timestamp : 0,
    });
    return cut.ok
      ? { kind: 'report', index, ...cut.value }
      : { kind: 'ignored', index, reason: 'reportInvalid' };
  }

  return {
    decode(payload) {
      const parsed = compiledSubscriptionPayload.parseText(unzipped(payload));
      if (!parsed.ok)
        throw new ForwarderPayloadError(`the unzipped payload is wrong: ${describeIssues(parsed.issues)}`);
      const { messageType, logEvents, subscriptionFilters } = parsed.value;
      if (messageType === 'CONTROL_MESSAGE') return { kind: 'ignored', reason: 'controlMessage' };
      if (messageType !== 'DATA_MESSAGE') return { kind: 'ignored', reason: 'unknownMessageType' };
      if (bringsReports(subscriptionFilters)) return { kind: 'data', records: logEvents.map(decodeReport) };
      return { kind: 'data', records: logEvents.map(({ message }, index) => decodeRecord(message, index)) };
    },
  };
}
