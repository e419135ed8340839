import { signUp, type SignedIn, type Watched } from './person.ts';
import { must, type Run } from './run.ts';
import { type Emulator, type Running } from './world.ts';

const PERSON = 'ada@example.com';

/** Somebody makes an account in the deployed pools, and the relay gets to know the keys. */
export async function signsUp(run: Run, emulator: Emulator, running: Running): Promise<SignedIn> {
  const person = await run.check('signs in by SRP, and gets credentials of the pool', 180_000, () =>
    signUp(emulator.clients, running.page, PERSON),
  );
  running.broker.know(person.keys);
  return person;
}

/** @throws Error unless every event of the upload arrived, in order, and it succeeded */
export function mustBeWhole(watched: Watched): void {
  const { offsets, discontinuities, status, percent } = watched;
  must(status === 'succeeded', `the upload ended as ${status}`);
  must(percent === 100, `at ${percent ?? 'no'} percent`);
  must(discontinuities === 0, `${discontinuities} discontinuities`);
  must(
    offsets.length > 5 && offsets.every((offset, index) => offset === index + 1),
    `offsets with holes: ${offsets.join(' ')}`,
  );
}
