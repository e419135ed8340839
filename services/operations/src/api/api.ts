import { pause, type Logger } from '@stepcast/kit';
import type { Operator } from '../operator.ts';
import type { HopMeasures } from '../ports.ts';
import { PARKED, QUARANTINE } from '../waiting/held.ts';
import { createActing } from './acting.ts';
import type { Session } from './contract.ts';
import { createReading } from './reading.ts';
import { createTurns } from './turns.ts';
import { refusalOf, RouteUnknownError, TimeOverError, type ApiReply } from './replies.ts';

export { type ApiReply } from './replies.ts';

/** One call, from somebody who may make it. */
export interface ApiRequest {
  readonly method: string;
  /** Below the prefix of the API, with its slash, for example `/stats`. */
  readonly path: string;
  readonly query: Readonly<Record<string, unknown>>;
  readonly body: string | undefined;
  /** Who asks, for the audit. */
  readonly who: string;
}

export interface ApiOptions {
  readonly operator: Operator;
  readonly measures: HopMeasures;
  readonly logger: Logger;
  /** How often a page may ask; default: every 5 s for the queues, every minute for what takes a scan of the table. */
  readonly poll?: Session['poll'];
  /** When a call is answered at the latest, in milliseconds. Default 25 s: API Gateway waits for 30. */
  readonly limitMs?: number;
}

const LIMIT_MS = 25_000;
const POLL = { queuesMs: 5_000, tableMs: 60_000 };

/**
 * The JSON API of the operators' page: the reading and acting functions of the command, without a transport. It knows nothing of
 * permissions: its own caller has checked who is asking. Never throws; {@link ApiReply} has the status.
 */
export function createOperationsApi(options: ApiOptions): (request: ApiRequest) => Promise<ApiReply> {
  const { operator, measures, logger, limitMs = LIMIT_MS, poll = POLL } = options;
  const inHand = createTurns();
  const reading = createReading(operator, measures, inHand);
  const acting = createActing(operator, logger, inHand);

  const reads: Readonly<Record<string, (request: ApiRequest) => Promise<object>>> = {
    '/session': ({ who }) => Promise.resolve({ place: operator.place, who, poll } satisfies Session),
    '/stats': ({ query }) => reading.stats(query),
    '/history': ({ query }) => reading.history(query),
    '/streams': () => reading.streams(),
    '/lookup': ({ query }) => reading.lookup(query),
    '/parked': () => reading.held(PARKED),
    '/quarantine': () => reading.held(QUARANTINE),
    '/dead-letters': () => reading.letters(),
    '/audit': ({ query }) => reading.audit(query),
  };
  const changes: typeof reads = {
    '/dead-letters': ({ body, who }) => acting.letters(body, who),
    '/parked': ({ body, who }) => acting.held(PARKED, body, who),
    '/quarantine': ({ body, who }) => acting.held(QUARANTINE, body, who),
    '/replay/step': ({ body, who }) => acting.replay(body, who),
    '/replay/stop': ({ body, who }) => acting.stopReplay(body, who),
  };

  async function answer(request: ApiRequest): Promise<object> {
    const { method, path } = request;
    if (method === 'GET' && Object.hasOwn(reads, path))
      return await (reads[path]?.(request) ?? unknown(request));
    if (method === 'POST' && path === '/replay/plan') return reading.plan(request.body);
    if (method !== 'POST' || !Object.hasOwn(changes, path)) return unknown(request);
    try {
      return await (changes[path]?.(request) ?? unknown(request));
    } finally {
      reading.forget();
    }
  }

  return async (request) => {
    try {
      return { status: 200, body: await within(operator, limitMs, answer(request)) };
    } catch (thrown) {
      return refusalOf(thrown, logger);
    }
  };
}

function unknown({ method, path }: ApiRequest): never {
  throw new RouteUnknownError(`there is no ${method.slice(0, 10)} ${path.slice(0, 100)}`);
}

/** @throws TimeOverError */
async function within<T>({ timers }: Operator, limitMs: number, answer: Promise<T>): Promise<T> {
  const done = new AbortController();
  const late = pause(timers, limitMs, done.signal).then((): never => {
    throw new TimeOverError(
      `no answer within ${Math.round(limitMs / 1_000)} s; what was begun may still come to its end, see the audit`,
    );
  });
  late.catch(() => undefined);
  try {
    return await Promise.race([answer, late]);
  } finally {
    done.abort();
  }
}
