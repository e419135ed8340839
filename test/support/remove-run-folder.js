import { rm } from 'node:fs/promises';

/** Jest's global teardown. */
export default async function removeRunFolder() {
  const folder = process.env.STEPCAST_TEST_RUN;
  if (folder !== undefined) await rm(folder, { recursive: true, force: true });
}
