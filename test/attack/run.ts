import type { Outcome } from './judge.ts';
import { dice as diceOf } from './random.ts';
import { accountTricks } from './tricks/account.ts';
import { connectTricks } from './tricks/connect.ts';
import { objectTricks } from './tricks/objects.ts';
import { publishTricks } from './tricks/publish.ts';
import { s3Tricks } from './tricks/s3.ts';
import { signInTricks } from './tricks/sign-in.ts';
import { subscribeTricks } from './tricks/subscribe.ts';
import type { Trick } from './tricks/trick.ts';
import { openAttack } from './world.ts';

export const TRICKS: readonly Trick[] = [
  ...subscribeTricks,
  ...publishTricks,
  ...connectTricks,
  ...s3Tricks,
  ...objectTricks,
  ...signInTricks,
  ...accountTricks,
];

export interface AttackReport {
  readonly seed: number;
  /** Tries of each trick by what came of them. */
  readonly rows: readonly { readonly name: string; readonly counts: Readonly<Record<Outcome, number>> }[];
  /** Messages that attackers and victim received, all of which were checked. */
  readonly deliveries: number;
  /** What reached the wrong person. */
  readonly wrong: readonly string[];
  /** Times that the victim's connection was lost, and whether an object of the victim is still the same. */
  readonly lostConnections: number;
  readonly isObjectUnchanged: boolean;
  /** Uploads of the victim during the attack that were watched to their end. */
  readonly watchedUploads: number;
}

/** After so many tries the victim uploads something and must see it to its end. */
const TRIES_PER_UPLOAD = 50;

/**
 * Attacks a sandbox of its own, with the credentials of somebody who signed in and of a guest.
 * @param tries how many, spread evenly over all tricks
 * @param onProgress called with the number of tries done
 */
export async function runAttack(options: {
  readonly tries: number;
  readonly seed: number;
  readonly onProgress?: (done: number) => void;
}): Promise<AttackReport> {
  const { tries, seed, onProgress } = options;
  const dice = diceOf(seed);
  const { attack, close } = await openAttack(dice);
  const counts = new Map(TRICKS.map(({ name }) => [name, { refused: 0, harmless: 0, breach: 0 }]));
  const { victim, judge } = attack;
  let watchedUploads = 0;
  try {
    const before = await victim.read();
    for (let done = 0; done < tries; done += 1) {
      const trick = TRICKS[done % TRICKS.length];
      const row = trick && counts.get(trick.name);
      if (trick === undefined || row === undefined) break;
      row[await trick.attempt(attack)] += 1;
      if (done % TRIES_PER_UPLOAD === 0) {
        await victim.uploadAndWatch();
        watchedUploads += 1;
        onProgress?.(done);
      }
    }
    // What was sent before has arrived when this has: the broker delivers in order.
    await victim.uploadAndWatch();
    return {
      seed,
      rows: [...counts].map(([name, row]) => ({ name, counts: row })),
      deliveries: judge.deliveries,
      wrong: judge.wrong,
      lostConnections: victim.losses(),
      isObjectUnchanged: (await victim.read()) === before,
      watchedUploads: watchedUploads + 1,
    };
  } finally {
    await close();
  }
}

/** The report as a table for people. */
export function tableOf({ seed, rows, deliveries, wrong, ...rest }: AttackReport): string {
  const width = Math.max(...rows.map(({ name }) => name.length));
  const cells = (name: string, numbers: readonly (string | number)[]) =>
    [name.padEnd(width), ...numbers.map((one) => String(one).padStart(9))].join('');
  return [
    cells('trick', ['tries', 'refused', 'harmless', 'breaches']),
    ...rows.map(({ name, counts: { refused, harmless, breach } }) =>
      cells(name, [refused + harmless + breach, refused, harmless, breach]),
    ),
    '',
    `seed ${seed}; ${deliveries} deliveries checked, ${wrong.length} to the wrong person`,
    `the victim: ${rest.watchedUploads} uploads watched to their end, connection lost ${rest.lostConnections} times, ` +
      `object ${rest.isObjectUnchanged ? 'unchanged' : 'CHANGED'}`,
    ...wrong.slice(0, 20).map((one) => `  ${one}`),
  ].join('\n');
}

/** Whether nothing of the victim was received, changed or stopped. */
export function isRepelled({ rows, wrong, lostConnections, isObjectUnchanged }: AttackReport): boolean {
  const breaches = rows.reduce((sum, { counts }) => sum + counts.breach, 0);
  return breaches === 0 && wrong.length === 0 && lostConnections === 0 && isObjectUnchanged;
}
