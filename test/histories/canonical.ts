import { isObject } from '@stepcast/contracts';

/** An event of either interpreter. */
export interface PlainEvent {
  readonly id: number;
  readonly previousEventId: number;
  readonly type: string;
  readonly details: Readonly<Record<string, unknown>>;
}

const dataFields = new Set(['input', 'output', 'parameters']);
/** What each service makes up anew for each call. */
const madeUp = new Set([
  'SdkHttpMetadata',
  'SdkResponseMetadata',
  'MessageId',
  'MD5OfMessageBody',
  'roleArn',
]);

/** One line for each event: id, what it follows, type and details. */
export function lines(events: readonly PlainEvent[]): readonly string[] {
  return events.map(
    (event) => `${event.id} ${event.type} <- ${event.previousEventId} ${textOf(event.details)}`,
  );
}

/** States whose end follows the last event inside, whichever that was. */
const followsTheLast = /^(?:Map|Parallel)State(?:Succeeded|Exited)$/;

/**
 * One line for each event with all that it follows, sorted: what remains of a history when the order between
 * branches is a matter of luck.
 */
export function chains(events: readonly PlainEvent[]): readonly string[] {
  const known = new Map<number, string>([[0, '']]);
  const described = events.map((event) => {
    const before = followsTheLast.test(event.type) ? '*' : (known.get(event.previousEventId) ?? '?');
    const chain = `${before} > ${event.type} ${textOf(event.details)}`;
    known.set(event.id, chain);
    return chain;
  });
  return described.map((line) => line.replaceAll(/event id #\d+/g, 'event id #')).toSorted();
}

function textOf(details: Readonly<Record<string, unknown>>): string {
  const compared = Object.entries(details)
    .filter(([name, value]) => value !== undefined && value !== null && !madeUp.has(name))
    .map(([name, value]) => [name, dataFields.has(name) ? dataOf(value) : withoutRequestIds(value)] as const);
  return JSON.stringify(sorted(Object.fromEntries(compared)));
}

/** Request ids are made up; JSON that a cause quotes is spaced as each interpreter likes. */
function withoutRequestIds(value: unknown): unknown {
  if (typeof value !== 'string') return value;
  return value
    .replaceAll(/Request ID: [^;)]+/g, 'Request ID: 0')
    .replace(/ in the input '(.*)'$/, (_, json: string) => ` in the input '${JSON.stringify(dataOf(json))}'`);
}

function dataOf(text: unknown): unknown {
  if (typeof text !== 'string') return text;
  try {
    const value: unknown = JSON.parse(text);
    return value;
  } catch {
    return text;
  }
}

/** Members in order, without what is made up for each call. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (!isObject(value)) return withoutRequestIds(value);
  return Object.fromEntries(
    Object.entries(value)
      .filter(([name]) => !madeUp.has(name))
      .toSorted(([one], [other]) => (one < other ? -1 : 1))
      .map(([name, member]) => [name, sorted(member)]),
  );
}
