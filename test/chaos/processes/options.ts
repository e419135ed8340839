import { parseArgs } from 'node:util';
import type { Copies } from './fleet.ts';
import { DEED_KINDS, type Deed } from './nemesis-plan.ts';
import type { RunOptions } from './run.ts';

export const FORMS = {
  /** Forwarder, correlator and publisher in one process; beside it another one only while one replaces the other. */
  engine: { engine: 1, provisioner: 1 },
  /** Two engines all the time, as while one replaces the other. */
  overlap: { engine: 2, provisioner: 1 },
  /** Forwarder, correlator, publisher and provisioner, each a process of its own. */
  apart: { forwarder: 2, correlator: 2, publisher: 2, provisioner: 1 },
} as const satisfies Readonly<Record<string, Copies>>;
export type Form = keyof typeof FORMS;

/** What the command line asks for. */
export interface Campaign {
  readonly forms: readonly Form[];
  readonly seeds: readonly number[];
  /** For each form and seed. */
  readonly minutes: number;
  /** For each form and seed; undefined: one about every one and a half seconds. */
  readonly kills: number | undefined;
  /** Of what is done to the services, only these. */
  readonly kinds: ReadonlySet<Deed['kind']>;
  /** Uploads under way at a time, for each person. */
  readonly inFlight: number;
  readonly recorded: boolean;
  /** Variables of the services' environment that are not as the harness sets them. */
  readonly overrides: Readonly<Record<string, string>>;
  /** How long all may take to come to their ends once everything is healed, in seconds. */
  readonly settleSeconds: number;
  /** Folder for the logs of processes; undefined: none are written. */
  readonly logs: string | undefined;
  /** Whether `results.json` is written. */
  readonly record: boolean;
}

export const USAGE = `Usage: npm run test:chaos -- [options]

  --minutes N     how long each form and seed suffers (default 2)
  --form FORM     ${Object.keys(FORMS).join(', ')}, both (engine and apart; default) or all
  --seed S        may be given several times (default 1)
  --kills K       kills for each form and seed (default: about 40 a minute)
  --in-flight N   uploads of each person at a time (default 10)
  --settle S      seconds for everything to end once all is healed (default 360)
  --only LIST     do nothing else: ${DEED_KINDS.join(',')}
  --set NAME=VAL  another value of a variable of the services, to find out what a fault depends on
  --no-recorded   replay no executions that ran elsewhere
  --logs FOLDER   write the log of each process there
  --record        put each run into test/chaos/results.json, in the place of an earlier one of its form and seed
`;

/** Thrown for a command line that is not usable; the message says why. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

function positive(name: string, text: string): number {
  const value = Number(text);
  if (!Number.isFinite(value) || value <= 0) throw new UsageError(`--${name} ${text}: not a number above 0`);
  return value;
}

function kindsOf(list: string | undefined): ReadonlySet<Deed['kind']> {
  if (list === undefined) return new Set(DEED_KINDS);
  const names = list.split(',');
  const unknown = names.filter((name) => !DEED_KINDS.some((kind) => kind === name));
  if (unknown.length > 0)
    throw new UsageError(`--only: there is no ${unknown.join(', ')}; there are ${DEED_KINDS.join(', ')}`);
  return new Set(DEED_KINDS.filter((kind) => names.includes(kind)));
}

function overridesOf(pairs: readonly string[]): Readonly<Record<string, string>> {
  return Object.fromEntries(
    pairs.map((pair) => {
      const [name = '', ...value] = pair.split('=');
      if (name === '' || value.length === 0)
        throw new UsageError(`--set ${pair}: not of the form NAME=VALUE`);
      return [name, value.join('=')];
    }),
  );
}

function isForm(name: string): name is Form {
  return Object.hasOwn(FORMS, name);
}

function formsOf(name: string): readonly Form[] {
  if (name === 'both') return ['engine', 'apart'];
  if (name === 'all') return Object.keys(FORMS).filter(isForm);
  if (!isForm(name))
    throw new UsageError(`--form ${name}: there are ${Object.keys(FORMS).join(', ')}, both and all`);
  return [name];
}

/** @throws UsageError */
export function readCampaign(argv: readonly string[]): Campaign | 'help' {
  let values;
  try {
    ({ values } = parseArgs({
      args: [...argv],
      allowNegative: true,
      options: {
        minutes: { type: 'string', default: '2' },
        form: { type: 'string', default: 'both' },
        seed: { type: 'string', multiple: true, default: ['1'] },
        kills: { type: 'string' },
        settle: { type: 'string', default: '360' },
        set: { type: 'string', multiple: true, default: [] },
        'in-flight': { type: 'string', default: '10' },
        only: { type: 'string' },
        recorded: { type: 'boolean', default: true },
        logs: { type: 'string' },
        record: { type: 'boolean', default: false },
        help: { type: 'boolean', default: false },
      },
    }));
  } catch (thrown) {
    throw new UsageError(Error.isError(thrown) ? thrown.message : String(thrown));
  }
  if (values.help) return 'help';
  return {
    forms: formsOf(values.form),
    seeds: values.seed.map((seed) => Math.trunc(positive('seed', seed))),
    minutes: positive('minutes', values.minutes),
    kills: values.kills === undefined ? undefined : positive('kills', values.kills),
    settleSeconds: positive('settle', values.settle),
    kinds: kindsOf(values.only),
    inFlight: Math.trunc(positive('in-flight', values['in-flight'])),
    recorded: values.recorded,
    overrides: overridesOf(values.set),
    logs: values.logs,
    record: values.record,
  };
}

const KILL_EVERY_MS = 1_500;
/** A killed consumer hides its messages for a minute in AWS, in which nothing would be seen of the next kills. */
const MAX_VISIBILITY_SECONDS = 20;
const MINUTE_MS = 60_000;

/** One run of a campaign. */
export function runOptions(
  campaign: Campaign,
  form: Form,
  seed: number,
  sinks: Pick<RunOptions, 'say' | 'onLog'>,
): RunOptions {
  const chaosMs = campaign.minutes * MINUTE_MS;
  return {
    form,
    copies: FORMS[form],
    seed,
    chaosMs,
    killEveryMs: campaign.kills === undefined ? KILL_EVERY_MS : chaosMs / campaign.kills,
    // Minutes where there are many of them; never so long that one fault is all of a run.
    maxFaultMs: Math.min(3 * MINUTE_MS, chaosMs / 4),
    settleMs: campaign.settleSeconds * 1_000,
    guests: 3,
    inFlight: campaign.inFlight,
    recorded: campaign.recorded,
    overrides: campaign.overrides,
    kinds: campaign.kinds,
    maxVisibilitySeconds: MAX_VISIBILITY_SECONDS,
    quietMs: 30_000,
    sweepIntervalMs: 10_000,
    ...sinks,
  };
}
