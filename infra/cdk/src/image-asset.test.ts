import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { App, Stack } from 'aws-cdk-lib';
import * as ecs from 'aws-cdk-lib/aws-ecs';
import { builtImages } from './containers.ts';

let outdir: string;
let files: readonly string[];

beforeAll(() => {
  outdir = mkdtempSync(join(tmpdir(), 'stepcast-asset-'));
  const app = new App({ outdir });
  const stack = new Stack(app, 'Images');
  const task = new ecs.FargateTaskDefinition(stack, 'Task');
  task.addContainer('engine', { image: builtImages('engine', 'arm64') });
  app.synth();
  const asset = readdirSync(outdir).find((name) => name.startsWith('asset.')) ?? '';
  files = readdirSync(join(outdir, asset), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(join(outdir, asset).length + 1));
}, 60_000);
afterAll(() => {
  rmSync(outdir, { recursive: true, force: true });
});

describe('what the hash of an image is made of', () => {
  it('is the sources of the services that are deployed, and what npm and the compiler want', () => {
    for (const name of [
      'Dockerfile',
      'package.json',
      'package-lock.json',
      '.npmrc',
      'tsconfig.base.json',
      'contracts/src/index.ts',
      'services/engine/src/main.ts',
      'services/engine/tsconfig.json',
      'services/provisioner/src/main.ts',
      'services/kit/src/index.ts',
      // The lockfile has them all.
      'services/sandbox/package.json',
      'clients/demo/package.json',
      'clients/examples/package.json',
      'infra/policies/package.json',
      'infra/cdk/package.json',
      'test/package.json',
    ])
      expect(files).toContain(name);
  });

  it('is nothing that an image would not change with: no tests, documents, clients, sandbox or policies', () => {
    const needless = files.filter(
      (name) =>
        /\.(test|itest)\.tsx?$|\.md$|node_modules|\bdist\b/.test(name) ||
        (/^(services\/sandbox|clients|infra|test|docs)\//.test(name) && !name.endsWith('/package.json')) ||
        /^contracts\/publish/.test(name),
    );
    expect(needless).toEqual([]);
  });
});
