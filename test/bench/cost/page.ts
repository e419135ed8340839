import { perMillion, type Figures } from './figures.ts';
import {
  byService,
  elsewhereTable,
  inputsTable,
  measuredTable,
  savingsTable,
  totalsTable,
  usesTable,
} from './million-uploads.ts';
import { APART, ENGINE, usesOfAddresses, usesOfBusyHours, usesOfIdleMonth } from './month.ts';
import { dollarsOf, PRICES, type Use } from './prices.ts';
import { money, table } from './table.ts';
import { INPUTS } from './upload.ts';

const MILLION = 1_000_000;
export const GOALS = { millionUploads: 70, idleMonth: 15 } as const;
const IOT_UNIT_BYTES = 5 * 1024;
/** What the envelope of an overview takes, about. */
const ENVELOPE_BYTES = 370;

/** Small prices by the million, others as they are. */
function priceText(dollars: number): string {
  return dollars < 0.0001 && dollars !== PRICES.functionGbSecond.dollars
    ? `$${Number((dollars * MILLION).toPrecision(4))} a million`
    : `$${Number(dollars.toPrecision(6))}`;
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

function idleMonth(): string {
  const rows = (name: string, uses: readonly Use[]) =>
    [...byService(uses, dollarsOf)].map(([service, dollars]) => [name, service, money(dollars)]);
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

function verdict(dollars: number, goal: number): string {
  return dollars <= goal ? `reached` : `missed by $${money(dollars - goal)}`;
}

function goals({ columns }: Figures): string {
  const idle = dollarsOf(usesOfIdleMonth(ENGINE));
  const { millionUploads: uploads, idleMonth: month } = GOALS;
  const rowOf = (goal: string, name: string, dollars: number, most: number) => [
    goal,
    name,
    `$${money(dollars)}`,
    verdict(dollars, most),
  ];
  return table(
    [
      ['goal', 'case', 'cost', 'result'],
      ...columns
        .filter(({ variant }) => variant.form === 'engine')
        .map(({ variant: { load }, uses }) =>
          rowOf(
            `engine ≤ $${uploads} per million uploads`,
            load.name === 'quiet' ? 'quiet (the goal is judged by it)' : load.name,
            perMillion(uses),
            uploads,
          ),
        ),
      rowOf(`engine ≤ $${month} an idle month`, 'as deployed by default', idle, month),
    ],
    4,
  );
}

function millionUploads(figures: Figures): string {
  const [quiet] = figures.columns;
  const perOverview = Math.floor((IOT_UNIT_BYTES - ENVELOPE_BYTES) / figures.overviewLineBytes);
  return `## A million uploads

_Quiet_: one file, one page; nothing shares a payload, a queue message or a session with anything else. _Busy_: a person uploads five
files together and follows them on one page; their executions share each payload of the log subscription.

A goal is judged by the quiet case. A million uploads a month is one every 2.6 s, so three executions run at a time on average, and more
where uploads come in bunches. CloudWatch may well put them into one payload, but promises it nowhere, and how many files a person
uploads together is not ours to say. Sharing can only make the quiet case cheaper. What makes it dearer is [below](#where-the-inputs-differ).

${totalsTable(figures)}

### What one upload uses

With the engine, in each case: the amount, and dollars per million uploads. The apart form adds the progress queue and some reads.

${usesTable(figures)}

### Where the inputs differ

The engine, in $ per million uploads. The number of payloads matters most: each is an entry, a message to each page, a queue message and
an invocation.

${elsewhereTable(figures)}

### What would lower it

What each change saves by itself, of $ per million uploads. None of them is made.

${savingsTable(figures)}

### What is measured

Stepcast's own code processes an upload (forwarder, correlator and publisher with their adapters, in observed mode, and the web client) on a table and a
broker in memory, which note what AWS would meter. The state machine is known by then. Items are measured by DynamoDB's rule: names
and values as UTF-8, keys and \`expiresAt\` included. The quiet case:

${quiet === undefined ? '' : measuredTable(quiet)}

- **Writes:** a write unit for each kilobyte begun of an item. One whose condition fails costs the same.
- **Entries:** one for \`uploaded\`, one for each payload. What arrives while the entry before it is on its way shares the next one, so
  this is the most there can be.
- **Events:** IoT Core meters PUBLISH in and PUBLISH out, in steps of 5 KB. Clients subscribe to them with QoS 0, so there is no PUBACK.
- **State and overview:** retained at the beginning, at the end and every 10 s in between. Metered in, stored and out. An overview of more than ${perOverview} uploads exceeds 5 KB.
- **Page:** the web client itself, on a broker that counts: one CONNECT; one SUBSCRIBE for each eight filters; the retained overview, out.
  It asks for nothing of an upload that it makes itself. A second page asks what was there before. Pings, SUBACK and UNSUBSCRIBE are free.
- **Queues:** a request each for send, receive and delete. EventBridge sends one by one, and long polls return as soon as there is one
  message, so uploads and statuses share nothing; what the forwarder sends in one call is received and deleted together.
- **Statuses:** the end is needed in both modes: it shows that log events are missing, and with level ERROR it is all there is. It is held for
  up to two seconds until they have come, then parked. The rule leaves the start out where the log says it and names the owner: at level ALL, in observed mode with execution data.
- **Storage:** ${INPUTS.storedDays.value} days of every item that stays, with the 100 bytes that DynamoDB adds to each, in the month in which a million uploads
  come in and as many expire.

## Inputs of the model

${inputsTable()}
`;
}

/** The whole of docs/cost.md. */
export function costPage(figures: Figures): string {
  const addresses = (tasks: number) => money(dollarsOf(usesOfAddresses(tasks)));
  return `# Cost

What Stepcast adds to an AWS bill, in US dollars at list prices of us-east-1, without the free tier. \`npm run cost\` writes this page
from [test/bench/cost](../test/bench/cost); change the inputs there. A test holds the two equal. It is a model: nobody has been billed for it.

Not included: what the workflow costs by itself (Step Functions, S3, its functions), storage of its logs, data transfer, and
Container Insights.

## Goals

${goals(figures)}

${millionUploads(figures)}
## An idle month

${idleMonth()}

"Engine" is what [infra/cdk](operations/deploy.md) deploys by default, size \`small\`: one container on ARM with 0.25 vCPU and 1 GB, its public
address. "Apart" is size \`large\` at its least: two correlators and two publishers, each with an address. In both the provisioner is functions, of
which only the hourly comparison runs while nobody comes.

- A public IPv4 address costs $${addresses(1)} for each container. A container on Fargate needs one where there is no other way to AWS's endpoints; a
  NAT gateway (\`wayOut\`) costs about $33 and takes the addresses away, which pays from ten containers on. In a VPC that has a way out already
  (\`network\`), the engine costs $${money(dollarsOf(usesOfIdleMonth({ ...ENGINE, addresses: 0 })))}.
- Metrics of one's own are charged by the hour in which they have values: at most $${money(dollarsOf(usesOfBusyHours()))} a month with uploads in every
  hour, however many uploads these are. They are in neither table: an idle month has none, and an upload adds none. What is wrong adds $${money(PRICES.customMetric.dollars)} a
  month for each further metric that has values (\`Parked\`, \`Quarantined\`, \`Throttled\`, \`NotReady\`). \`"metrics": "off"\` takes them away, \`"all"\` makes
  about fifty of them.
- Alarms are counted by the metrics that they read: ${ENGINE.alarms} by default. \`"alarms": "all"\` adds about two dollars.
- The dashboard is free where the account has no three others; from the fourth on it costs $${money(PRICES.dashboard.dollars)} a month. \`"dashboard": false\` takes it away.
- Container Insights (\`containerInsights\`, off) charges for each metric of cluster, service and task as for one of your own; it is not in this model.

## Prices

${prices()}

Sources disagree on whether EventBridge charges for S3's events; the model takes the higher price.
`;
}
