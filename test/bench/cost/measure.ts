import { IdentityId, MESSAGE_TYPES, SessionId, topicSpace, uploadIdOf } from '@stepcast/contracts';
import { ManualTime } from '@stepcast/kit/testing';
import { arrivalsOf, BUCKET, identityOf, keyOf, type Arrivals, type Course } from './course.ts';
import type { MeteredMessage } from './metered-broker.ts';
import { createMeteredEngine, type Form, type MeteredEngine } from './metered-engine.ts';
import type { MeteredWrite, StoredSize } from './metered-table.ts';

/** What all uploads of a course have used. */
export interface Measured {
  readonly course: Course;
  readonly logEvents: number;
  readonly logBytes: number;
  readonly progressEvents: number;
  /** Handovers with events or without. */
  readonly handovers: number;
  readonly handoversWithState: number;
  readonly writes: readonly MeteredWrite[];
  readonly readUnits: number;
  /** Items that are there afterwards. */
  readonly stored: readonly StoredSize[];
  readonly messages: readonly MeteredMessage[];
  /** The client's catch-up request. */
  readonly requestBytes: number;
}

/** When a page is opened before its first file is complete. */
const OPENED_MS = 2_000;
/** Until everything that follows from the end has happened. */
const AFTERWARDS_MS = 60_000;

/** A client's first question: it subscribes before it uploads, and asks what was there before. */
function catchUpRequest(person: number, uploads: number, nowMs: number) {
  const identityId = IdentityId.parse(identityOf(person));
  const session = SessionId.parse('Zk3vQ9pLw2Xr7TbN');
  const ids = Array.from({ length: uploads }, (_, upload) => uploadIdOf(BUCKET, keyOf(person, upload)));
  return {
    topic: topicSpace().build({ kind: 'requests', identityId, session }),
    payload: Buffer.from(
      JSON.stringify({
        specversion: '1.0',
        id: 'Zk3vQ9pLw2Xr7TbO',
        type: MESSAGE_TYPES.catchUpRequest,
        time: new Date(nowMs).toISOString(),
        source: 'stepcast-web',
        datacontenttype: 'application/json',
        data: {
          requestId: 'Zk3vQ9pLw2Xr7TbP',
          overview: false,
          uploads: ids.map((uploadId) => ({ uploadId, position: null })),
        },
      }),
    ),
  };
}

/** Has one person upload, from the opening of the page until all has settled. */
async function upload(
  engine: MeteredEngine,
  time: ManualTime,
  course: Course,
  person: number,
): Promise<Arrivals & { readonly requestBytes: number }> {
  const request = catchUpRequest(person, course.uploads, time.nowMs());
  engine.broker.request(request);
  const coming = arrivalsOf(course, person, time.nowMs() + OPENED_MS);
  const taken: Promise<void>[] = [];
  for (const arrival of coming.arrivals) {
    await time.advance(Math.max(0, arrival.atMs - time.nowMs()));
    taken.push(engine.take(arrival));
  }
  await time.advance(AFTERWARDS_MS);
  await Promise.all(taken);
  return { ...coming, requestBytes: request.payload.length };
}

/**
 * Has Stepcast's own code process the uploads of a course, and notes what AWS would meter. Deterministic. Another upload
 * goes before, so that the state machine is known.
 */
export async function measure(course: Course, form: Form): Promise<Measured> {
  const time = new ManualTime();
  const engine = await createMeteredEngine(form, time);
  const { table, broker, handovers } = engine;
  await upload(engine, time, { ...course, uploads: 1 }, 1);
  table.reset();
  broker.reset();
  handovers.length = 0;
  const { logEvents, logBytes, requestBytes } = await upload(engine, time, course, 2);
  return {
    course,
    logEvents,
    logBytes,
    requestBytes,
    progressEvents: handovers.reduce(
      (sum, { events, firstOffset, lastOffset }) =>
        sum + (events === undefined ? 0 : lastOffset - firstOffset + 1),
      0,
    ),
    handovers: handovers.length,
    handoversWithState: handovers.filter(({ state }) => state !== undefined).length,
    writes: table.writes,
    readUnits: table.readUnits,
    stored: table.stored(),
    messages: broker.messages,
  };
}
