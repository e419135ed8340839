import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { writeLambda } from './lambda-code.ts';
import { writeImage } from './service-image.ts';

/** `node write-bundled.ts FOLDER`: the services as they are deployed, where a packed package searches for them. */
const [folder] = process.argv.slice(2);
if (folder === undefined) throw new TypeError('usage: node write-bundled.ts FOLDER');
for (const service of ['forwarder', 'provisioner'] as const) {
  const into = join(folder, 'lambda', service);
  mkdirSync(into, { recursive: true });
  writeLambda(service, into);
}
const image = join(folder, 'image');
mkdirSync(image, { recursive: true });
writeImage(image);
