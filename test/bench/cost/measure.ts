import { ManualTime } from '@stepcast/kit/testing';
import { arrivalsOf, BUCKET, keyOf, type Arrivals, type Course } from './course.ts';
import type { MeteredMessage } from './metered-broker.ts';
import { createMeteredEngine, type Form, type MeteredEngine } from './metered-engine.ts';
import type { PagePacket } from './metered-pages.ts';
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
  /** What pages have sent, received and acknowledged. */
  readonly packets: readonly PagePacket[];
}

/** When a page is opened before its first file is complete. */
const OPENED_MS = 2_000;
/** Until everything that follows from the end has happened. */
const AFTERWARDS_MS = 60_000;

/** Has one person upload, from the opening of the page until all has settled. The first page uploads, others watch. */
async function upload(
  engine: MeteredEngine,
  time: ManualTime,
  course: Course,
  person: number,
): Promise<Arrivals> {
  const isUp = Promise.withResolvers<object>();
  const objects = Array.from({ length: course.uploads }, (_, number) => ({
    bucket: BUCKET,
    key: keyOf(person, number),
  }));
  const pages = Array.from({ length: course.watchers }, () =>
    engine.broker.pages.open(person, course.eventsQos),
  );
  const followed = pages.flatMap((page, index) =>
    objects.map((object) =>
      index === 0 ? page.trackUpload({ ...object, put: () => isUp.promise }).done : page.watch(object).done,
    ),
  );
  const coming = arrivalsOf(course, person, time.nowMs() + OPENED_MS);
  await time.advance(OPENED_MS);
  isUp.resolve({});
  const taken: Promise<void>[] = [];
  for (const arrival of coming.arrivals) {
    await time.advance(Math.max(0, arrival.atMs - time.nowMs()));
    taken.push(engine.take(arrival));
  }
  await time.advance(AFTERWARDS_MS);
  await Promise.all([...taken, ...followed]);
  for (const page of pages) await page.close();
  return coming;
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
  const { logEvents, logBytes } = await upload(engine, time, course, 2);
  return {
    course,
    logEvents,
    logBytes,
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
    packets: broker.pages.packets,
  };
}
