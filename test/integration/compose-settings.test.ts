import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

const ROOT = join(import.meta.dirname, '..', '..');

/** What the image sets for its containers: nothing outside of it may set it otherwise. */
const OF_THE_IMAGE: readonly string[] = ['HOST', 'PORT'];

function settingsOf(service: string): readonly string[] {
  const reference = readFileSync(join(ROOT, 'docs', 'reference', 'settings.md'), 'utf8');
  const section = reference.split(/^## /m).find((one) => one.startsWith(`${service}\n`)) ?? '';
  const names = [...section.matchAll(/^\| `([A-Z_]+)`/gm)].map(([, name = '']) => name);
  return names.filter((name) => !OF_THE_IMAGE.includes(name));
}

/** The variables that a container is given as the shell has them: `- NAME`. */
function passedOn(file: string, container: string): readonly string[] {
  const [, after = ''] = readFileSync(join(ROOT, file), 'utf8').split(`\n  ${container}:\n`);
  const [own = ''] = after.split(/^ {0,2}\S/m);
  return [...own.matchAll(/^ {6}- ([A-Z_]+)$/gm)].map(([, name = '']) => name);
}

describe('the profile account of Docker Compose', () => {
  it.each([
    ['docker-compose.yml', 'engine-in-account', 'engine'],
    ['docker-compose.apart.yml', 'correlator-in-account', 'correlator'],
    ['docker-compose.apart.yml', 'publisher-in-account', 'publisher'],
  ])(
    'of %s gives %s every setting of the shell, where it once dropped most without a word',
    (file, container, service) => {
      const settings = settingsOf(service);
      expect(settings.length).toBeGreaterThan(20);
      const passed = passedOn(file, container);
      expect(settings.filter((name) => !passed.includes(name))).toEqual([]);
      expect(new Set(passed).size).toBe(passed.length);
    },
  );
});
