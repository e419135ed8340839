import { CLOUDWATCH_METRICS, NOT_READY, STARTED } from '@stepcast/wire';
import { table } from '../../bench/cost/table.ts';
import type { DeployedAlarms } from './deployed-alarms.ts';
import { FAULTS, type Fault } from './faults.ts';

const faults: Readonly<Record<string, Fault>> = FAULTS;

/** What each alarm reads, when it is there, and how a test made it fire. */
function alarmTable(deployed: DeployedAlarms): string {
  const essential = deployed.essential();
  const rank = (name: string) => `${essential.has(name) ? 0 : 1} ${name}`;
  const rows = [...deployed.all()]
    .toSorted(([one], [other]) => (rank(one) < rank(other) ? -1 : 1))
    .map(([name, { series, rule }]) => [
      `[\`${name}\`](runbook.md#${name})`,
      [...new Set(series.map(({ namespace, metricName }) => `\`${namespace} ${metricName}\``))].join(', '),
      rule,
      essential.has(name) ? '`essential`' : '`all`',
      `$${(series.length / 10).toFixed(2)}`,
      faults[name]?.how ?? '',
    ]);
  return table([['alarm', 'reads', 'fires', 'set', 'a month', 'how it was made to fire'], ...rows], 6);
}

function metricTable(): string {
  const rows = Object.values(CLOUDWATCH_METRICS).map(({ name, unit, help }) => [
    `\`${name}\``,
    unit === 'Seconds' ? 'seconds, a distribution' : 'count',
    help,
  ]);
  return table(
    [
      ['metric', 'unit', 'what it measures'],
      ...rows,
      [`\`${NOT_READY}\``, 'count', 'Minutes at whose end a service was not ready'],
      [`\`${STARTED}\``, 'count', 'Starts of a service'],
    ],
    3,
  );
}

/** docs/operations/alarms.md with its tables as sources and templates have them. */
export function withTables(page: string, deployed: DeployedAlarms): string {
  const put = (text: string, name: string, content: string) => {
    const [begin, end] = [`<!-- ${name}: npm run docs:alarms -->`, `<!-- end of ${name} -->`];
    const [before, rest] = text.split(begin, 2);
    const after = rest?.split(end, 2)[1];
    if (before === undefined || after === undefined) throw new TypeError(`the page has no place for ${name}`);
    return `${before}${begin}\n\n${content}\n\n${end}${after}`;
  };
  return put(put(page, 'metrics', metricTable()), 'alarms', alarmTable(deployed));
}
