import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { synthesize, VARIANTS } from '@stepcast/cdk/testing';
import { afterAll, describe, expect, it } from 'vitest';

/** What pages of operations send people to has to be there: log groups, names in the template, and lines of the log. */
const ROOT = join(import.meta.dirname, '..', '..', '..');
const PAGES = [
  'alarms',
  'deploy',
  'failure-policy',
  'restore',
  'rolling-deployment',
  'runbook',
  'scale',
  'upgrade',
];
const pages = PAGES.map((name) => readFileSync(join(ROOT, 'docs', 'operations', `${name}.md`), 'utf8')).join(
  '\n',
);

const synthesized = synthesize(VARIANTS);
afterAll(() => {
  synthesized.remove();
});

/** Everything of the deployments that is a text, such as a name. */
const deployed = (['plain', 'full', 'fullSmall'] as const)
  .flatMap((name) => synthesized.template(name).all())
  .map(({ properties }) => JSON.stringify(properties))
  .join('\n');

/** Code of the services, where their lines of the log are. */
const services = readdirSync(join(ROOT, 'services'), { recursive: true, encoding: 'utf8' })
  .filter((path) => /^\w[\w-]*\/src\/.*\.ts$/.test(path) && !/\.i?test\.ts$/.test(path))
  .map((path) => readFileSync(join(ROOT, 'services', path), 'utf8'))
  .join('\n');

const found = (pattern: RegExp): readonly string[] => [
  ...new Set([...pages.matchAll(pattern)].map(([, name = '']) => name)),
];

describe('what pages of operations name', () => {
  it('is a log group of the template: once one was of a container that was no more', () => {
    const groups = found(/`(\/(?:stepcast|aws\/lambda|aws\/vendedlogs\/stepcast)\/[\w/-]+)`/g);
    expect(groups.length).toBeGreaterThan(6);
    expect(groups.filter((name) => !deployed.includes(`"LogGroupName":"${name}"`))).toEqual([]);
  });

  it('is a name in the template', () => {
    const names = found(/`(stepcast-[a-z-]+(?:\.fifo)?)`/g).filter(
      (name) => !name.startsWith('stepcast-dev'),
    );
    expect(names.length).toBeGreaterThan(8);
    expect(names.filter((name) => !deployed.includes(`"${name}"`))).toEqual([]);
  });

  it('is a line that a service logs, or a span that it makes', () => {
    const lines = found(/`([a-z]+(?: [a-z]+)+)`/g).filter(
      (line) => !/^(aws|cdk|npm|npx|stepcast) /.test(line),
    );
    expect(lines.length).toBeGreaterThan(12);
    expect(lines.filter((line) => !services.includes(`'${line}`) && !services.includes(`\`${line}`))).toEqual(
      [],
    );
  });
});
