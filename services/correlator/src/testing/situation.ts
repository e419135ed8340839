import { readFileSync } from 'node:fs';
import { parseJson, type ExecutionArn } from '@stepcast/contracts';
import { type ExecutionRecord } from '@stepcast/wire';
import * as z from 'zod';
import { parseStatusMessage, parseUploadMessage } from '../adapters/queue-inputs.schema.ts';
import { ARN, eventsOf, IDENTITY, objectCreated, type Bench } from './correlation-bench.ts';
import { HISTORY_START_MS, records } from './records.ts';

/** Where the object of `objectCreated` is. */
export const key = `users/${IDENTITY}/uploads/scan 01.png`;

/** One task, from start to success. */
export function simpleRun(
  details: ExecutionRecord['details'] = { input: objectCreated() },
): ExecutionRecord[] {
  return records(
    [1, 'ExecutionStarted', 0, details],
    [2, 'TaskStateEntered', 0, { name: 'Extract' }],
    [3, 'TaskScheduled', 2],
    [4, 'TaskSucceeded', 3],
    [5, 'TaskStateExited', 4, { name: 'Extract' }],
    [6, 'ExecutionSucceeded', 5],
  );
}

/** The kinds of events that a `simpleRun` emits. */
export const SIMPLE_KINDS = ['executionStarted', 'stepStarted', 'stepSucceeded', 'executionSucceeded'];

export function kindsOf(bench: Bench, executionArn: ExecutionArn = ARN) {
  return eventsOf(bench.ports, executionArn).map((event) => event.kind);
}

/** Executions on the watch list. */
export async function watchedBy(bench: Bench): Promise<ExecutionArn[]> {
  const all: ExecutionArn[] = [];
  for await (const page of bench.ports.watchList.pages())
    all.push(...page.map(({ executionArn }) => executionArn));
  return all;
}

/** Has the correlator hear of an upload. @param body of the queue's message */
export async function upload(bench: Pick<Bench, 'correlation'>, body: string): Promise<void> {
  for (const parsed of parseUploadMessage(body)) {
    if (!parsed.ok) throw new Error(JSON.stringify(parsed.issues));
    await bench.correlation.takeUpload(parsed.value);
  }
}

/** Has the correlator hear of a status of the execution `ARN`. */
export async function status(bench: Bench, detail: Record<string, unknown>): Promise<void> {
  const parsed = parseStatusMessage(
    JSON.stringify({
      source: 'aws.states',
      'detail-type': 'Step Functions Execution Status Change',
      detail: { executionArn: ARN, startDate: HISTORY_START_MS + 1, ...detail },
    }),
  );
  if (!parsed.ok || parsed.value === 'ignored') throw new Error('not a status');
  await bench.correlation.takeStatus(parsed.value);
}

/** An event as AWS documents it, as text. */
export function fixture(name: string): string {
  return readFileSync(new URL(`../../../../test/fixtures/events/${name}`, import.meta.url), 'utf8');
}

/** What CloudTrail says of an upload: who called, and the object's key. */
/** @param versionId of the version that the write made, in a bucket with versions */
export function cloudTrailFor(identityId: string, objectKey: string, versionId?: string): string {
  const parsed = parseJson(z.looseObject({}), fixture('s3-cloudtrail-put-object.json'));
  if (!parsed.ok) throw new Error('fixture');
  const text = JSON.stringify({
    'detail-type': 'AWS API Call via CloudTrail',
    source: 'aws.s3',
    detail: parsed.value,
  });
  return text
    .replaceAll(
      `"cognito-identity.amazonaws.com:sub":"${IDENTITY}"`,
      `"cognito-identity.amazonaws.com:sub":"${identityId}"`,
    )
    .replaceAll(`"key":"${key}"`, `"key":"${objectKey}"`)
    .replaceAll(
      '"responseElements":null',
      versionId === undefined
        ? '"responseElements":null'
        : `"responseElements":{"x-amz-version-id":"${versionId}"}`,
    );
}
