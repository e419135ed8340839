import { APART, ENGINE, usesOfAddresses, usesOfIdleMonth, usesOfProvisioner } from './month.ts';
import { dollarsOf, PRICES, type Use } from './prices.ts';
import {
  ENTRY_ITEM_BYTES,
  entriesOf,
  publishedRetained,
  UPLOAD,
  usesOfUpload,
  writeUnitsOf,
  type Input,
  type Load,
  type Variant,
} from './upload.ts';

const MILLION = 1_000_000;
export const GOALS = { millionUploads: 70, idleMonth: 15 } as const;

const QUIET: Load = { name: 'quiet', together: 1 };
const BUSY: Load = { name: 'busy', together: 5 };

export const VARIANTS: readonly Variant[] = [
  { form: 'engine', load: QUIET, uploadsPerSession: 1 },
  { form: 'engine', load: BUSY, uploadsPerSession: 5 },
  { form: 'apart', load: QUIET, uploadsPerSession: 1 },
  { form: 'apart', load: BUSY, uploadsPerSession: 5 },
];

/** A Markdown table as Prettier would write it. Columns after the first `left` ones are right-aligned. */
export function table(rows: readonly (readonly string[])[], left: number): string {
  const [head = []] = rows;
  const widths = head.map((_, column) => Math.max(3, ...rows.map((row) => (row[column] ?? '').length)));
  const padded = (text: string, column: number) => {
    const blank = ' '.repeat((widths[column] ?? 3) - text.length);
    return column < left ? text + blank : blank + text;
  };
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  const rule = widths.map((width, column) =>
    column < left ? '-'.repeat(width) : `${'-'.repeat(width - 1)}:`,
  );
  const [first = '', ...rest] = rows.map((row) => line(row.map(padded)));
  return [first, line(rule), ...rest].join('\n');
}

const money = (dollars: number) => dollars.toFixed(2);
const amountText = (amount: number) => String(Number(amount.toPrecision(3)));
/** Small prices by the million, others as they are. */
function priceText(dollars: number): string {
  return dollars < 0.0001 && dollars !== PRICES.functionGbSecond.dollars
    ? `$${Number((dollars * MILLION).toPrecision(4))} a million`
    : `$${Number(dollars.toPrecision(6))}`;
}

function byService(uses: readonly Use[]): Map<string, number> {
  const sums = new Map<string, number>();
  for (const use of uses) sums.set(use.service, (sums.get(use.service) ?? 0) + dollarsOf([use]));
  return sums;
}

function millionUploads(): string {
  const columns = VARIANTS.map((variant) => byService(usesOfUpload(variant)));
  const services = [...(columns[0]?.keys() ?? [])];
  const totals = VARIANTS.map((variant) => dollarsOf(usesOfUpload(variant)));
  return table(
    [
      ['$ per million uploads', ...VARIANTS.map(({ form, load }) => `${form}, ${load.name}`)],
      ...services.map((service) => [
        service,
        ...columns.map((column) => money((column.get(service) ?? 0) * MILLION)),
      ]),
      ['**total**', ...totals.map((total) => `**${money(total * MILLION)}**`)],
    ],
    1,
  );
}

function oneUpload(): string {
  const [engine, , apart] = VARIANTS.map((variant) => usesOfUpload(variant));
  const of = (uses: readonly Use[] | undefined, { service, what }: Use) =>
    uses?.find((use) => use.service === service && use.what === what);
  const shown = (use: Use | undefined) => (use === undefined ? '–' : amountText(use.amount));
  return table(
    [
      ['service', 'what', 'metered in', 'engine', 'apart', '$ per million'],
      ...(apart ?? []).map((use) => [
        use.service,
        use.what,
        PRICES[use.price].unit,
        shown(of(engine, use)),
        shown(use),
        money(dollarsOf([of(engine, use) ?? use]) * MILLION),
      ]),
    ],
    3,
  );
}

function idleMonth(): string {
  const rows = (name: string, uses: readonly Use[]) =>
    [...byService(uses)].map(([service, dollars]) => [name, service, money(dollars)]);
  const sum = (name: string, uses: readonly Use[]) => [name, '**total**', `**${money(dollarsOf(uses))}**`];
  const engine = usesOfIdleMonth(ENGINE);
  const apart = usesOfIdleMonth(APART);
  return table(
    [
      ['form', 'service', '$ a month'],
      ...rows('engine', engine),
      sum('engine', engine),
      ...rows('apart', apart),
      sum('apart', apart),
    ],
    2,
  );
}

function inputs(): string {
  return table(
    [
      ['input', 'value', 'where it comes from'],
      ...Object.entries<Input>(UPLOAD).map(([name, { value, source }]) => [
        `\`${name}\``,
        String(value),
        source,
      ]),
    ],
    3,
  );
}

function prices(): string {
  return table(
    [
      ['unit', 'price', 'source'],
      ...Object.values(PRICES).map(({ unit, dollars, source }) => [unit, priceText(dollars), `<${source}>`]),
    ],
    3,
  );
}

/** What would lower the cost of the quiet engine, and what is given up for it. */
function savings(): string {
  const unit = (price: keyof typeof PRICES, amount: number) => PRICES[price].dollars * amount * MILLION;
  const uses = usesOfUpload({ form: 'engine', load: QUIET, uploadsPerSession: 1 });
  const recovery = uses.filter(({ price }) => price === 'recoveryGbMonth');
  const larger = ENTRY_ITEM_BYTES.reduce((sum, bytes) => sum + writeUnitsOf(bytes) - 1, 0);
  const watchers = UPLOAD.watchers.value;
  return table(
    [
      ['change', 'saves', 'gives up'],
      [
        'events with QoS 0',
        `$${money(unit('iotMessage', entriesOf(UPLOAD.logBatches.value) * watchers))}`,
        'the broker repeats nothing; holes are found by offset and filled by catch-up',
      ],
      [
        'no overview when an upload begins to run',
        `$${money(unit('iotMessage', publishedRetained(1, watchers)))}`,
        'a list shows `queued` until the next snapshot',
      ],
      [
        'entries of at most 1 KB (shorter items)',
        `$${money(unit('writeUnit', larger))}`,
        'nothing; at most this, since snapshots may stay larger',
      ],
      [
        'no point-in-time recovery',
        `$${money(dollarsOf(recovery) * MILLION)}`,
        'a damaged table cannot be restored',
      ],
    ],
    3,
  );
}

function verdict(dollars: number, goal: number): string {
  return dollars <= goal ? `reached` : `missed by $${money(dollars - goal)}`;
}

function goals(): string {
  const [quiet = 0, busy = 0] = VARIANTS.map((variant) => dollarsOf(usesOfUpload(variant)) * MILLION);
  const idle = dollarsOf(usesOfIdleMonth(ENGINE));
  const provisioned = idle + dollarsOf(usesOfProvisioner());
  const { millionUploads: uploads, idleMonth: month } = GOALS;
  return table(
    [
      ['goal', 'case', 'cost', 'result'],
      [`engine ≤ $${uploads} per million uploads`, 'quiet', `$${money(quiet)}`, verdict(quiet, uploads)],
      [`engine ≤ $${uploads} per million uploads`, 'busy', `$${money(busy)}`, verdict(busy, uploads)],
      [`engine ≤ $${month} an idle month`, 'engine alone', `$${money(idle)}`, verdict(idle, month)],
      [
        `engine ≤ $${month} an idle month`,
        'with the provisioner as a container',
        `$${money(provisioned)}`,
        verdict(provisioned, month),
      ],
    ],
    4,
  );
}

/** The whole of docs/cost.md. */
export function costPage(): string {
  const addresses = (tasks: number) => money(dollarsOf(usesOfAddresses(tasks)));
  return `# Cost

What Stepcast adds to an AWS bill, in US dollars at list prices of us-east-1, without the free tier. \`npm run cost\` writes this page
from [test/bench/cost](../test/bench/cost); change the inputs there. A test holds the two equal. It is a model: nobody has been billed for it.

Not included: what the workflow costs by itself (Step Functions, S3, its functions), storage of its logs, data transfer, and
Container Insights.

## Goals

${goals()}

## A million uploads

One upload is ${UPLOAD.logEvents.value} log events in ${UPLOAD.logBatches.value} batches and ${UPLOAD.progressEvents.value} progress events, within ${UPLOAD.runSeconds.value} seconds, with one page open. _Quiet_: nothing shares a payload, a
queue message or a session with anything else, the most expensive case. _Busy_: five executions share a payload and a receive, as in
the bench, and a page follows five uploads before it is closed.

${millionUploads()}

### What one upload uses, in the quiet case

The last column is the engine's cost, or the apart form's where the engine uses none.

${oneUpload()}

### What would lower it

${savings()}

### How the counts follow from the code

- **Entries:** one for \`uploaded\`, one for each batch of log events of the execution. A batch that arrives while the entry before it is on
  its way shares the next one, so this is the most there can be. Write units are those of whole items of 757 to 2,401 bytes.
- **Events:** QoS 1; IoT Core meters PUBLISH in, PUBLISH out and the client's PUBACK.
- **State and overview:** retained at the beginning, at the end and every ${UPLOAD.snapshotSeconds.value} s in between; the overview also when an upload's status
  changes. Metered in, stored and out; clients subscribe with QoS 0, so there is no PUBACK.
- **Session:** one CONNECT, one SUBSCRIBE; the catch-up request in, out to Stepcast and its PUBACK; the reply in, out and the
  client's PUBACK. No message exceeds the 5 KB of one unit.
- **Queues:** a request each for send, receive and delete. EventBridge sends one by one.

## An idle month

${idleMonth()}

- The provisioner as a container of 0.25 vCPU adds $${money(dollarsOf(usesOfProvisioner()))}; as the function behind the API for signed requests it adds nothing while idle.
- A public IPv4 address adds $${addresses(1)} for each task. Without one, tasks need another way to AWS's endpoints, by IPv6 for example; a NAT
  gateway or interface endpoints cost more than the address.

## Inputs

${inputs()}

## Prices

${prices()}

Sources disagree on whether EventBridge charges for S3's events; the model takes the higher price.
`;
}
