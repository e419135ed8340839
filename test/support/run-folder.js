import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Jest's global setup: a folder for what the suites of one run share. Workers inherit the variable. */
export default async function makeRunFolder() {
  process.env.STEPCAST_TEST_RUN = await mkdtemp(join(tmpdir(), 'stepcast-run-'));
}
