import { parseJson } from '@stepcast/contracts';
import { hexDigest, silentLogger, type Logger } from '@stepcast/kit';
import { CORRELATION_KEYS, correlationKeys, JOURNAL_KEYS, QUEUE_NAMES } from '@stepcast/wire';
import type * as z from 'zod/v4/core';
import { createOperationsApi, type ApiReply } from '../api/api.ts';
import { ApiError } from '../api/contract.ts';
import { readAudit } from '../audit-reading.ts';
import type { HopMeasures } from '../ports.ts';
import { fakeOperator, type FakeOperator } from './fake-operator.ts';

/** Who asks. */
export const WHO = 'arn:aws:iam::111122223333:user/operator';
/** What dead letters carry. */
export const SECRET = 'an input that nobody else may see';
const measures: HopMeasures = {
  history: (minutes) => Promise.resolve({ atMs: [minutes], lag: [], throughput: [], measured: 'a test' }),
};

/** The API over a fake operator, and what is put there for it to find. */
export interface ApiWorld {
  readonly operator: FakeOperator;
  readonly logged: { readonly level: string; readonly fields: object; readonly message: string }[];
  get(path: string, query?: Readonly<Record<string, string>>): Promise<ApiReply>;
  post(path: string, body: object): Promise<ApiReply>;
  /** Who did what, how it came out and why, the newest first. */
  audited(): Promise<readonly (readonly (string | null)[])[]>;
  putLetter(code: string, queue: 'uploads' | 'status'): void;
  /** @returns the ARN of an execution of which a record is parked */
  park(name: string): Promise<string>;
}

/** @param limitMs when a call is answered at the latest; a busy machine must not decide tests that are not about it */
export function createApiWorld(limitMs = 180_000): ApiWorld {
  const operator = fakeOperator();
  const logged: { level: string; fields: object; message: string }[] = [];
  const logger: Logger = {
    ...silentLogger,
    info: (fields, message) => logged.push({ level: 'info', fields, message }),
    error: (fields, message) => logged.push({ level: 'error', fields, message }),
  };
  const api = createOperationsApi({ operator, measures, logger, limitMs });

  function putLetter(code: string, queue: 'uploads' | 'status'): void {
    const letter = {
      version: 1,
      service: 'correlator',
      code,
      reason: 'it cannot be read',
      at: '2026-11-03T10:00:00.000Z',
      queue,
      original: JSON.stringify({ secret: SECRET }),
    };
    operator.put(QUEUE_NAMES.deadLetters, JSON.stringify(letter));
  }

  async function park(name: string): Promise<string> {
    const executionArn = `arn:aws:states:us-east-1:111122223333:execution:Photo:${name}`;
    const digest = hexDigest(executionArn);
    const record = {
      id: 1,
      type: 'ExecutionStarted',
      previousEventId: 0,
      timestampMs: 1,
      redriveCount: 0,
      details: {},
    };
    const body = {
      key: 'k',
      parkedMs: operator.nowMs - 5_000,
      records: [record],
      statuses: [],
      inputSeen: true,
    };
    const put = (pk: string, sk: string, value: object) =>
      operator.table.insert({
        [JOURNAL_KEYS.partition]: { S: pk },
        [JOURNAL_KEYS.sort]: { S: sk },
        [JOURNAL_KEYS.body]: { S: JSON.stringify(value) },
      });
    await put(correlationKeys.execution(digest), `${CORRELATION_KEYS.parkedPrefix}k`, body);
    const watch = correlationKeys.watch(digest);
    await put(watch.pk, watch.sk, { executionArn, sinceMs: operator.nowMs - 5_000 });
    return executionArn;
  }

  return {
    operator,
    logged,
    get: (path, query = {}) => api({ method: 'GET', path, query, body: undefined, who: WHO }),
    post: (path, body) => api({ method: 'POST', path, query: {}, body: JSON.stringify(body), who: WHO }),
    audited: async () =>
      (await readAudit(operator.table, '2026-11', 50)).map(({ who, action, outcome, reason }) => [
        who,
        action,
        outcome,
        reason,
      ]),
    putLetter,
    park,
  };
}

/** The reply as the page reads it. */
export function read<S extends z.$ZodType>(schema: S, reply: { readonly body: object }): z.output<S> {
  const parsed = parseJson(schema, JSON.stringify(reply.body));
  if (parsed.ok) return parsed.value;
  throw new Error(`${JSON.stringify(parsed.issues)} in ${JSON.stringify(reply.body)}`);
}

export const problem = (reply: { readonly body: object }) => read(ApiError, reply).error;
