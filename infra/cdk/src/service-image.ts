import { cpSync, existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { BUNDLED, REPOSITORY } from './places.ts';
import { runBundler } from './run-bundler.ts';

/** Entries of the image, each `dist/js/{name}.mjs` in it, and where its source is. The repository's Dockerfile has these and more. */
export const IMAGE_ENTRIES = {
  engine: 'engine/src/main.ts',
  correlator: 'correlator/src/main.ts',
  publisher: 'publisher/src/main.ts',
} as const;

/**
 * What makes a container of the image this service. Its options limit V8's heap, as V8 does by itself in a
 * container of 1 GiB: half of the memory for what lives long, and young generations of 16 MB. On Fargate V8 cannot know. The
 * limit of a task stands in no cgroup that its container sees (https://github.com/heroku/buildpacks-nodejs/issues/220), and the
 * system reports the memory of the machine: the heap would grow until the container is killed.
 * @param memoryMiB of its task
 */
export const commandOf = (entry: keyof typeof IMAGE_ENTRIES, memoryMiB: number): string[] => [
  'node',
  `--max-old-space-size=${Math.floor(memoryMiB / 2)}`,
  '--max-semi-space-size=16',
  `dist/js/${entry}.mjs`,
];

/** Writes what the image is built from: a Dockerfile, and the services as a few bundled files. No network and no Docker. */
export function writeImage(folder: string): void {
  const entries = Object.entries(IMAGE_ENTRIES).map(
    ([name, path]) => `${name}=${join(REPOSITORY, 'services', ...path.split('/'))}`,
  );
  runBundler(['--image', folder, ...entries]);
  cpSync(join(import.meta.dirname, '..', 'image', 'Dockerfile'), join(folder, 'Dockerfile'));
}

let written: string | undefined;

/** The folder that the image is built from: of this package where it was packed, else bundled once in a process and removed at its end. */
export function imageFolder(): string {
  if (existsSync(BUNDLED.image)) return BUNDLED.image;
  if (written === undefined) {
    const folder = mkdtempSync(join(tmpdir(), 'stepcast-image-'));
    process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
    writeImage(folder);
    written = folder;
  }
  return written;
}
