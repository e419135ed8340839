import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { App, Stack } from 'aws-cdk-lib';
import * as ecs from 'aws-cdk-lib/aws-ecs';
import { builtImages } from './containers.ts';
import { REPOSITORY } from './places.ts';
import { IMAGE_ENTRIES } from './service-image.ts';

let outdir: string;
let assets: readonly string[];
let files: readonly string[];

beforeAll(() => {
  outdir = mkdtempSync(join(tmpdir(), 'stepcast-asset-'));
  const app = new App({ outdir });
  const stack = new Stack(app, 'Images');
  const task = new ecs.FargateTaskDefinition(stack, 'Task');
  task.addContainer('correlator', { image: builtImages('correlator', 'arm64') });
  task.addContainer('publisher', { image: builtImages('publisher', 'arm64') });
  app.synth();
  assets = readdirSync(outdir).filter((name) => name.startsWith('asset.'));
  files = readdirSync(join(outdir, assets[0] ?? ''), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(join(outdir, assets[0] ?? '').length + 1));
});
afterAll(() => {
  rmSync(outdir, { recursive: true, force: true });
});

describe('what the image is made of', () => {
  it('is the same for every service', () => {
    expect(assets).toHaveLength(1);
  });

  it('is the services as bundled files, the library of the AWS IoT SDK for both processors, and nothing else', () => {
    const expected = [
      'Dockerfile',
      ...Object.keys(IMAGE_ENTRIES).map((name) => `dist/js/${name}.mjs`),
      'dist/bin/linux-arm64-glibc/aws-crt-nodejs.node',
      'dist/bin/linux-x64-glibc/aws-crt-nodejs.node',
    ];
    expect(files).toEqual(expect.arrayContaining(expected));
    const others = files.filter((name) => !expected.includes(name));
    expect(others.filter((name) => !/^dist\/js\/[\w.-]+-[\w-]{8}\.mjs$/.test(name))).toEqual([]);
  });

  it('ends as the image of Docker Compose does, which bundles these entries and those that are functions in AWS', () => {
    const dockerfile = readFileSync(join(REPOSITORY, 'Dockerfile'), 'utf8');
    const [, ofCompose = ''] = /AS services\n([^]*?)\n\nFROM/.exec(dockerfile) ?? [];
    const deployed = readFileSync(join(REPOSITORY, 'infra/cdk/image/Dockerfile'), 'utf8');
    const [, ofAws = ''] = /^FROM .*\n([^]*)$/m.exec(deployed) ?? [];
    expect(ofAws.trimEnd()).toBe(ofCompose.replace('COPY --from=bundled /out/dist dist', 'COPY dist dist'));
    const [, bundled = ''] = /bundle\.ts --image \/out([^]*?)\n\n/.exec(dockerfile) ?? [];
    expect(bundled.replaceAll('\\', '').trim().split(/\s+/).sort()).toEqual(
      Object.entries({
        ...IMAGE_ENTRIES,
        forwarder: 'forwarder/src/main.ts',
        provisioner: 'provisioner/src/main.ts',
        // Of the profile `stores`.
        'journal-table': 'engine/src/make-journal-table.ts',
      })
        .map(([name, path]) => `${name}=/app/services/${path}`)
        .sort(),
    );
  });
});
