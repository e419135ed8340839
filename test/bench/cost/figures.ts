import { courseOf, usesOfUpload, type Load, type Variant } from './upload.ts';
import { measure, type Measured } from './measure.ts';
import type { Form } from './metered-engine.ts';
import { dollarsOf, type Use } from './prices.ts';

const MILLION = 1_000_000;

export const LOADS: readonly Load[] = [
  { name: 'quiet', together: 1 },
  { name: 'busy', together: 5 },
];
const FORMS: readonly Form[] = ['engine', 'apart'];

/** A variant of the model, what was measured of it, and what one upload uses. */
export interface Column {
  readonly variant: Variant;
  readonly measured: Measured;
  readonly uses: readonly Use[];
}

/** Dollars a million uploads by load: quiet, busy. */
export interface Row {
  readonly name: string;
  readonly dollars: readonly number[];
  readonly note: string;
}

/** Everything that the page says of a million uploads. */
export interface Figures {
  readonly columns: readonly Column[];
  /** What each change saves. */
  readonly savings: readonly Row[];
  /** What an upload costs where the inputs differ. */
  readonly elsewhere: readonly Row[];
  /** What an upload takes in an overview, in bytes. */
  readonly overviewLineBytes: number;
}

export const perMillion = (uses: readonly Use[]) => dollarsOf(uses) * MILLION;

async function columnOf(variant: Variant): Promise<Column> {
  const measured = await measure(courseOf(variant), variant.form);
  return { variant, measured, uses: usesOfUpload(variant, measured) };
}

function engine(load: Load, other: Omit<Variant, 'form' | 'load'> = {}): Variant {
  return { form: 'engine', load, ...other };
}

/** How much more an overview takes for each upload that it lists. */
function overviewLineBytesOf({ measured }: Column): number {
  const sizes = measured.messages.filter(({ kind }) => kind === 'overview').map(({ bytes }) => bytes);
  return Math.round((Math.max(...sizes) - Math.min(...sizes)) / (measured.course.uploads - 1));
}

interface Saving {
  readonly name: string;
  readonly note: string;
  readonly saves: (column: Column) => number;
}

const costOf = (what: string) => (column: Column) =>
  perMillion(column.uses.filter((use) => use.what === what));

const SAVINGS: readonly Saving[] = [
  {
    name: 'payloads posted to the engine (`POST /awslogs`), no events queue',
    note: 'the queue as a buffer; the function must reach the engine, and waits for it',
    saves: costOf('events queue: send, receive, delete'),
  },
  {
    name: 'no point-in-time recovery',
    note: 'a damaged table cannot be restored',
    saves: costOf('point-in-time recovery'),
  },
];

interface Elsewhere {
  readonly name: string;
  readonly note: string;
  readonly other: Omit<Variant, 'form' | 'load'>;
}

function elsewhereOf(overviewLineBytes: number): readonly Elsewhere[] {
  return [
    {
      name: 'one payload for each upload',
      note: 'runs of a second or two',
      other: { course: { payloads: 1 } },
    },
    { name: 'three payloads', note: 'CloudWatch gathers longer', other: { course: { payloads: 3 } } },
    { name: 'ten payloads', note: 'CloudWatch gathers less', other: { course: { payloads: 10 } } },
    {
      name: 'three times as many executions share a payload',
      note: 'about what run at a time when a million uploads are spread evenly over a month',
      other: { sharedBy: 3 },
    },
    { name: 'a run of 30 s', note: 'states and overviews in between', other: { course: { runSeconds: 30 } } },
    { name: 'a run of 60 s', note: 'the same', other: { course: { runSeconds: 60 } } },
    {
      name: 'log events three seconds after the statuses',
      note: 'the end is parked, and its history is read',
      other: { course: { logDelayMs: 3_300 } },
    },
    {
      name: 'a status event of the start too',
      note: 'an entry and two messages more; the start shows about a second earlier',
      other: { course: { statuses: ['RUNNING', 'SUCCEEDED'] } },
    },
    {
      name: 'logs without execution data',
      note: 'shorter, but the start is needed for the owner; no projections, no nested executions',
      other: { course: { executionData: false } },
    },
    {
      name: 'nobody watches',
      note: 'retained messages are published all the same',
      other: { course: { watchers: 0 } },
    },
    { name: 'two pages watch', note: 'a second device', other: { course: { watchers: 2 } } },
    {
      name: 'thirty earlier uploads in the overview',
      note: 'it exceeds 5 KB, and is metered several times',
      other: { earlierUploadsBytes: 30 * overviewLineBytes },
    },
  ];
}

/** Measures all that the page shows. Deterministic. */
export async function gatherFigures(): Promise<Figures> {
  const columns: Column[] = [];
  for (const form of FORMS) for (const load of LOADS) columns.push(await columnOf({ form, load }));
  const engines = columns.filter(({ variant }) => variant.form === 'engine');
  const overviewLineBytes = Math.max(
    ...engines.filter(({ measured }) => measured.course.uploads > 1).map(overviewLineBytesOf),
  );
  const savings = SAVINGS.map(({ name, note, saves }): Row => ({ name, note, dollars: engines.map(saves) }));
  const elsewhere: Row[] = [];
  for (const { name, note, other } of elsewhereOf(overviewLineBytes)) {
    const dollars: number[] = [];
    for (const load of LOADS) dollars.push(perMillion((await columnOf(engine(load, other))).uses));
    elsewhere.push({ name, note, dollars });
  }
  return { columns, savings, elsewhere, overviewLineBytes };
}
