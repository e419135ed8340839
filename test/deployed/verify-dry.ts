import { miniStackPython } from '../support/ministack.ts';
import { EXPRESS_FACTS } from '../verify-aws/express.ts';
import { FACTS } from '../verify-aws/facts.ts';
import { inEmulator } from '../verify-aws/target.ts';
import { verify, type Verified } from '../verify-aws/verify.ts';
import { must, mustEqual, type Run } from './run.ts';

/** What an event passes, and what the page makes of it. */
const HOP_NAMES = [
  'from an event until it is at the correlator',
  'from an event until it is in the journal',
  'from an event until the broker has acknowledged it',
  'from an event until the page has it',
  'from the end of the upload to complete',
];

async function once(run: Run, interrupted: AbortSignal): Promise<Verified> {
  const target = await inEmulator(run);
  try {
    return await verify({ target, say: (text) => run.say(text), interrupted, uploads: 2 });
  } finally {
    await target.close();
  }
}

/** `verify:aws` runs to its end in the emulator, has a row for every fact, and leaves nothing behind, interrupted or not. */
export async function verifiesDry(run: Run): Promise<void> {
  // Where it cannot be had, nothing has failed.
  await miniStackPython();
  const whole = await run.check('a dry run of verify:aws ends', 900_000, () =>
    once(run, new AbortController().signal),
  );
  run.say(whole.report);
  await run.check('it removes what it made', 1_000, () => {
    mustEqual('left behind', whole.left, []);
    return Promise.resolve();
  });
  await run.check('it correlates, and says what became of every fact', 1_000, () => {
    mustEqual('failures', whole.failures, []);
    must(whole.openInEmulator.length > 0, 'the emulator keeps people apart now: this is a check, then');
    for (const { id } of FACTS) must(whole.report.includes(`| ${id} |`), `no row for ${id}`);
    for (const id of ['s3.raw-key-in-events', ...EXPRESS_FACTS])
      must(
        whole.seen.some(({ fact, verdict }) => fact === id && verdict === 'confirmed'),
        `its upload was not followed: ${id}`,
      );
    return Promise.resolve();
  });
  await run.check('it says p50 and p99 of each hop', 1_000, () => {
    const [, table = ''] = whole.report.split('| hop | measured | p50 | p99 |');
    const rows = [
      ...table.matchAll(/^\| (from [^|]{1,80}) \| [1-9]\d* \| (?:≤ )?\d+ ms \| (?:≤ )?\d+ ms \|$/gm),
    ];
    mustEqual(
      'hops',
      rows.map(([, hop = '']) => hop),
      HOP_NAMES,
    );
    return Promise.resolve();
  });
  const interruption = new AbortController();
  const cut = await run.check('interrupted, it ends', 600_000, () => {
    // Heeded at the next step: when the workflow is there and the stack is not.
    interruption.abort();
    return once(run, interruption.signal);
  });
  await run.check('interrupted, it removes what it made', 1_000, () => {
    mustEqual('failures', cut.failures, ['interrupted']);
    mustEqual('left behind', cut.left, []);
    return Promise.resolve();
  });
}
