import { parseJson } from '@stepcast/contracts';
import {
  API_PREFIX,
  ApiError,
  AuditReply,
  ChangeReply,
  HeldReply,
  HistoryReply,
  LettersReply,
  LookUpReply,
  PlanReply,
  Session,
  StatsReply,
  StepReply,
  StopReply,
  StreamsReply,
  type Cursor,
  type SelectionReply,
} from '@stepcast/operations/api';
import type * as z from 'zod/v4/core';
import { sentence } from '../format.ts';

/** Longer than the API takes at most for one call. */
const LIMIT_MS = 30_000;
const TOKEN_HEADER = 'x-stepcast-token';

/** What a call came to when it did not come to its answer. */
export class ApiProblem extends Error {
  override readonly name = 'ApiProblem';
  /** `gone`: nobody answers; `refused`: the token is missing or wrong; `answer`: the API says no. */
  readonly kind: 'gone' | 'refused' | 'answer';
  readonly more: readonly string[];
  /** What an ambiguous beginning stands for. */
  readonly candidates: readonly string[];
  readonly retryable: boolean;

  constructor(
    kind: ApiProblem['kind'],
    message: string,
    details: {
      readonly more?: readonly string[];
      readonly candidates?: readonly string[];
      readonly retryable?: boolean;
    } = {},
    options?: ErrorOptions,
  ) {
    super(message, options);
    this.kind = kind;
    this.more = details.more ?? [];
    this.candidates = details.candidates ?? [];
    this.retryable = details.retryable ?? false;
  }
}

export interface LetterChange {
  readonly action: 'retry' | 'drop';
  readonly ids?: readonly string[];
  readonly code?: string;
  readonly reason: string | null;
}
export interface HeldChange {
  readonly action: 'retry' | 'release' | 'drop';
  readonly executions: readonly string[];
  readonly reason: string | null;
}
export interface PlanRequest {
  readonly what: string | null;
  readonly from: string | null;
  readonly to: string | null;
  readonly all: boolean;
  readonly allEpochs: boolean;
}
export interface StepRequest {
  readonly selection: SelectionReply;
  readonly cursor: Cursor | null;
  /** Whether it is the first step of one that had stopped. */
  readonly resumed: boolean;
  readonly rate: number;
  readonly reason: string | null;
}
export interface StopRequest {
  readonly selection: SelectionReply;
  readonly cursor: Cursor;
  readonly reason: string | null;
}

/** The API of the page. Every call ends within 30 seconds. @throws ApiProblem */
export type Api = ReturnType<typeof createApi>;

/** @param token what the sandbox asks for; `undefined` where an authorizer stands before the API */
export function createApi(token: string | undefined, send: typeof fetch = fetch) {
  async function call<S extends z.$ZodType>(
    schema: S,
    path: string,
    change?: object,
    signal?: AbortSignal,
  ): Promise<z.output<S>> {
    let response: Response;
    let text: string;
    const limit = AbortSignal.timeout(LIMIT_MS);
    try {
      response = await send(`${API_PREFIX}${path}`, {
        method: change === undefined ? 'GET' : 'POST',
        cache: 'no-store',
        headers: {
          ...(token === undefined ? {} : { [TOKEN_HEADER]: token }),
          ...(change === undefined ? {} : { 'content-type': 'application/json' }),
        },
        ...(change === undefined ? {} : { body: JSON.stringify(change) }),
        signal: signal === undefined ? limit : AbortSignal.any([limit, signal]),
      });
      text = await response.text();
    } catch (thrown) {
      throw gone(limit.aborted, thrown);
    }
    if (response.ok) {
      const parsed = parseJson(schema, text);
      if (parsed.ok) return parsed.value;
      throw new ApiProblem('answer', 'The answer is not the one that this page reads. Load the page again.');
    }
    throw problemOf(response.status, text);
  }
  const query = (values: Readonly<Record<string, string>>) => new URLSearchParams(values).toString();

  return {
    session: (signal?: AbortSignal) => call(Session, '/session', undefined, signal),
    stats: (quick: boolean, signal?: AbortSignal) =>
      call(StatsReply, `/stats?${query({ quick: quick ? '1' : '0' })}`, undefined, signal),
    history: (minutes: number, signal?: AbortSignal) =>
      call(HistoryReply, `/history?${query({ minutes: String(minutes) })}`, undefined, signal),
    streams: (signal?: AbortSignal) => call(StreamsReply, '/streams', undefined, signal),
    lookUp: (what: string, signal?: AbortSignal) =>
      call(LookUpReply, `/lookup?${query({ what })}`, undefined, signal),
    held: (kind: 'parked' | 'quarantine', signal?: AbortSignal) =>
      call(HeldReply, `/${kind}`, undefined, signal),
    letters: (signal?: AbortSignal) => call(LettersReply, '/dead-letters', undefined, signal),
    audit: (signal?: AbortSignal) => call(AuditReply, `/audit?${query({ limit: '100' })}`, undefined, signal),
    changeLetters: (change: LetterChange) => call(ChangeReply, '/dead-letters', change),
    changeHeld: (kind: 'parked' | 'quarantine', change: HeldChange) => call(ChangeReply, `/${kind}`, change),
    planReplay: (request: PlanRequest, signal?: AbortSignal) =>
      call(PlanReply, '/replay/plan', request, signal),
    replayStep: (request: StepRequest) => call(StepReply, '/replay/step', request),
    stopReplay: (request: StopRequest) => call(StopReply, '/replay/stop', request),
  };
}

function gone(late: boolean, cause: unknown): ApiProblem {
  return new ApiProblem(
    'gone',
    late
      ? `No answer within ${LIMIT_MS / 1_000} seconds. What was begun may still come to its end; the audit says.`
      : 'Nobody answers. Is Stepcast still running?',
    { retryable: true },
    { cause },
  );
}

function problemOf(status: number, text: string): ApiProblem {
  const parsed = parseJson(ApiError, text);
  if (!parsed.ok && (status === 401 || status === 403))
    return new ApiProblem(
      'answer',
      'You are not signed in, or not as an operator: what stands before this page refused the call.',
    );
  if (!parsed.ok)
    return new ApiProblem('answer', `The service answered HTTP ${status}.`, { retryable: status >= 500 });
  const { message, more, candidates, retryable } = parsed.value.error;
  return new ApiProblem(status === 401 ? 'refused' : 'answer', sentence(message), {
    more,
    candidates,
    retryable,
  });
}
