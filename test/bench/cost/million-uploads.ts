import { STATES } from './course.ts';
import { perMillion, type Column, type Figures, type Row } from './figures.ts';
import { writeUnitsOf } from './item-size.ts';
import type { MeteredMessage } from './metered-broker.ts';
import type { ItemKind } from './metered-table.ts';
import { PRICES, type Use } from './prices.ts';
import { money, table } from './table.ts';
import { INPUTS } from './upload.ts';

/** Dollars by service, in the order in which services come up. */
export function byService(
  uses: readonly Use[],
  dollarsOf: (uses: readonly Use[]) => number,
): Map<string, number> {
  const sums = new Map<string, number>();
  for (const use of uses) sums.set(use.service, (sums.get(use.service) ?? 0) + dollarsOf([use]));
  return sums;
}

/** By service, form and load. */
export function totalsTable({ columns }: Figures): string {
  const sums = columns.map(({ uses }) => byService(uses, perMillion));
  const services = [...(sums[0]?.keys() ?? [])];
  return table(
    [
      ['$ per million uploads', ...columns.map(({ variant }) => `${variant.form}, ${variant.load.name}`)],
      ...services.map((service) => [service, ...sums.map((sum) => money(sum.get(service) ?? 0))]),
      ['**total**', ...columns.map(({ uses }) => `**${money(perMillion(uses))}**`)],
    ],
    1,
  );
}

const amountText = (amount: number) => String(Number(amount.toPrecision(3)));

/** What one upload uses, line by line. */
export function usesTable({ columns }: Figures): string {
  const of = (column: Column, { service, what }: Use) =>
    column.uses.find((use) => use.service === service && use.what === what);
  const engines = columns.filter(({ variant }) => variant.form === 'engine');
  const apart = columns.find(({ variant }) => variant.form === 'apart');
  return table(
    [
      ['service', 'what', 'metered in', ...engines.flatMap(({ variant }) => [variant.load.name, '$'])],
      ...(apart?.uses ?? []).flatMap((use) => {
        const found = engines.map((column) => of(column, use));
        if (found.includes(undefined)) return [];
        const cells = found.flatMap((one) =>
          one === undefined ? [] : [amountText(one.amount), money(perMillion([one]))],
        );
        return [[use.service, use.what, PRICES[use.price].unit, ...cells]];
      }),
    ],
    3,
  );
}

function rowsTable(head: readonly string[], rows: readonly Row[]): string {
  return table(
    [head, ...rows.map(({ name, dollars, note }) => [name, ...dollars.map((one) => `$${money(one)}`), note])],
    head.length,
  );
}

export const savingsTable = ({ savings }: Figures): string =>
  rowsTable(['change', 'quiet', 'busy', 'gives up'], savings);

export function elsewhereTable({ columns, elsewhere }: Figures): string {
  const base: Row = {
    name: 'as above',
    note: '',
    dollars: columns.filter(({ variant }) => variant.form === 'engine').map(({ uses }) => perMillion(uses)),
  };
  return rowsTable(['where', 'quiet', 'busy', 'why'], [base, ...elsewhere]);
}

const listed = (sizes: readonly number[]) => sizes.map((size) => size.toLocaleString('en-US')).join(', ');

/** What the run of one upload has shown, in the words of the page. */
export function measuredTable({ measured }: Column): string {
  const { writes, messages, logEvents, logBytes, progressEvents, handovers, handoversWithState } = measured;
  const written = (kind: ItemKind, deletes = false) =>
    writes.filter((write) => write.kind === kind && write.deletes === deletes).map(({ bytes }) => bytes);
  const sent = (kind: MeteredMessage['kind']) =>
    messages.filter((message) => message.kind === kind).map(({ bytes }) => bytes);
  const row = (what: string, sizes: readonly number[]) => [what, String(sizes.length), listed(sizes)];
  const entries = written('entry');
  const units = entries.reduce((sum, bytes) => sum + writeUnitsOf(bytes), 0);
  return table(
    [
      ['what', 'number', 'bytes'],
      [
        `log events: start, ${STATES.length} tasks (one retried once), end`,
        String(logEvents),
        `${listed([logBytes])} in all`,
      ],
      ['progress events', String(progressEvents), ''],
      ['handovers; of these with a state', `${handovers}; ${handoversWithState}`, ''],
      row(`entries (${units} write units)`, entries),
      row('lines of the overview', written('line')),
      row('root', written('root')),
      row('that the identity has lines', written('enrolment')),
      row('epoch', written('epoch')),
      row('owner', written('owner')),
      row('watch item, and its deletion', [...written('watch'), ...written('watch', true)]),
      row('parked status, and its deletion', [...written('parked'), ...written('parked', true)]),
      row('messages: events', sent('events')),
      row('messages: state', sent('state')),
      row('messages: overview', sent('overview')),
    ],
    1,
  );
}

export function inputsTable(): string {
  return table(
    [
      ['input', 'value', 'where it comes from'],
      ...Object.entries(INPUTS).map(([name, { value, source }]) => [`\`${name}\``, String(value), source]),
    ],
    3,
  );
}
