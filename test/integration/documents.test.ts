import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { commandsOfDocuments } from '../documents/documents-shown.ts';
import { treatmentOf } from '../documents/treatment.ts';
import { shownCommands } from '../documents/shown-commands.ts';
import { anchorsOf, brokenLinks } from '../support/markdown-links.ts';

const ROOT = join(import.meta.dirname, '..', '..');
/** Folders whose documents are not ours, or are made by a build. */
const OTHERS = /^(node_modules|dist|coverage|reports|\..*)$/;

function filesUnder(folder: string, name: RegExp): string[] {
  return readdirSync(join(ROOT, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = folder === '' ? entry.name : `${folder}/${entry.name}`;
    if (entry.isDirectory()) return OTHERS.test(entry.name) ? [] : filesUnder(path, name);
    return name.test(entry.name) ? [path] : [];
  });
}

const textOf = (path: string) => readFileSync(join(ROOT, path), 'utf8');
const linesOf = (path: string) => textOf(path).trimEnd().split('\n').length;

describe('documents', () => {
  it('have no link or anchor that leads nowhere', () => {
    const documents = new Map(filesUnder('', /\.md$/).map((path) => [path, textOf(path)]));
    expect(documents.size).toBeGreaterThan(30);
    expect(brokenLinks(documents, (path) => existsSync(join(ROOT, path)))).toEqual([]);
  });

  it('name the test of everything that is promised', () => {
    const [, promises = ''] = textOf('ARCHITECTURE.md').split('\n## What is promised\n');
    const rows = promises
      .slice(0, promises.indexOf('\n## '))
      .split('\n')
      .filter((line) => line.startsWith('| ') && !line.startsWith('| promise ') && !line.startsWith('| ---'));
    expect(rows.length).toBeGreaterThan(8);
    const without = rows.filter((row) => {
      const shownBy = row.split(' | ').at(-1) ?? '';
      const targets = [...shownBy.matchAll(/\]\(([^()]+)\)/g)].map(([, target = '']) => target);
      return !targets.some((target) => /^test\/|\.(?:test|itest)\.ts$/.test(target));
    });
    expect(without.map((row) => row.split('|')[1]?.trim())).toEqual([]);
  });

  it('are all reachable from the README', () => {
    const reached = new Set<string>();
    const visit = (path: string) => {
      if (reached.has(path)) return;
      reached.add(path);
      const documents = new Map([[path, textOf(path)]]);
      // Every target is reported as missing here, which makes the report the list of links.
      for (const { target } of brokenLinks(documents, () => false)) {
        const there = join(path, '..', target.split('#', 1)[0] ?? '');
        if (there.endsWith('.md') && existsSync(join(ROOT, there))) visit(there);
      }
    };
    visit('README.md');
    expect(filesUnder('docs', /\.md$/).filter((path) => !reached.has(path))).toEqual([]);
  });

  it('that come first are short: README at most 120 lines, ARCHITECTURE at most 200', () => {
    expect(linesOf('README.md')).toBeLessThanOrEqual(120);
    expect(linesOf('ARCHITECTURE.md')).toBeLessThanOrEqual(200);
  });

  it('have a section in the runbook for every code that a service gives a letter or an answer', () => {
    const literals =
      /(?<!readonly code(?:: string)? = )'((?:FORWARDER|CORRELATOR|PUBLISHER|PROVISIONER|ENGINE)_[A-Z_]+)'/g;
    const codes = new Set(
      ['forwarder', 'correlator', 'publisher', 'provisioner', 'engine']
        .flatMap((service) => filesUnder(`services/${service}/src`, /\.ts$/))
        .filter((path) => !/\.i?test\.ts$|\/testing\//.test(path))
        .flatMap((path) => [...textOf(path).matchAll(literals)].map(([, code = '']) => code)),
    );
    const sections = anchorsOf(textOf('docs/operations/runbook.md'));
    expect(codes.size).toBeGreaterThan(8);
    expect([...codes].filter((code) => !sections.has(code.toLowerCase()))).toEqual([]);
  });
});

describe('the commands that documents show', () => {
  const shown = commandsOfDocuments();

  it('are all known to npm run test:documents, which runs them or says why not', () => {
    expect(shown.length).toBeGreaterThan(60);
    expect(shown.filter(({ command }) => treatmentOf(command) === undefined)).toEqual([]);
  });

  it('name scripts and files that are there', () => {
    const scripts = new Set(
      [...textOf('package.json').matchAll(/^ {4}"([\w:-]+)": /gm)].map(([, name]) => name),
    );
    const everywhere = filesUnder('', /\.md$/).flatMap((path) => [
      ...shownCommands(path, textOf(path), true),
    ]);
    const missing = everywhere.flatMap(({ document, command }) => {
      const [, script] = /^npm run (?:--silent )?([\w:-]+)/.exec(command) ?? [];
      const [file] =
        /(?<=\s)(?!\S*\/dist\/)(?:services|infra|clients|test|docs)\/[\w./-]+\.\w+/.exec(command) ?? [];
      const isThere =
        (script === undefined || scripts.has(script)) && (file === undefined || existsSync(join(ROOT, file)));
      return isThere ? [] : [`${document}: ${command}`];
    });
    expect(missing).toEqual([]);
  });

  it('tell the CDK which account and region: without, it ends with "Specify an environment name"', () => {
    const everywhere = filesUnder('', /\.md$/).flatMap((path) => [
      ...shownCommands(path, textOf(path), true),
    ]);
    const cdk = everywhere.filter(({ command }) => /^npx aws-cdk@2 (?:bootstrap|deploy)/.test(command));
    expect(cdk.length).toBeGreaterThan(4);
    expect(cdk.filter(({ command }) => !/ --app \S| aws:\/\/\d{12}\/[a-z]/.test(command))).toEqual([]);
  });

  it('are read as a shell reads them: without remarks, on as many lines as they take', () => {
    const text = [
      'Run `npm run pack:all` first, or `npm start --',
      '--help`; not `client.watch()`.',
      '',
      '```sh',
      "npm ci    # the engine's packages",
      'aws x --one 1 \\',
      "  --two '{",
      "  }'",
      '```',
      '',
      '```ts',
      'npm test',
      '```',
    ].join('\n');
    expect(shownCommands('a.md', text, true).map(({ command }) => command)).toEqual([
      'npm run pack:all',
      'npm start -- --help',
      'npm ci',
      "aws x --one 1 --two '{ }'",
    ]);
  });
});

describe('the check of links', () => {
  const check = (text: string) =>
    brokenLinks(
      new Map([
        ['README.md', text],
        ['docs/a.md', '# One `code`, and more\n\n## Same\n\n## Same\n\n```\n# no heading\n```\n'],
      ]),
      (path) => path === 'src/x.ts',
    );

  it('accepts files, headings, repeated headings, and addresses elsewhere', () => {
    expect(
      check(
        '[a](docs/a.md) [b](docs/a.md#one-code-and-more) [c](docs/a.md#same-1) [d](src/x.ts#L3) [e](https://example.com/y)',
      ),
    ).toEqual([]);
  });

  it('reports a file that is not there, and a heading that is not there', () => {
    expect(check('[a](docs/b.md) [b](docs/a.md#no-heading) ![c](x.png) [d](#nowhere)')).toEqual([
      { file: 'README.md', target: 'docs/b.md', why: 'no such file' },
      { file: 'README.md', target: 'docs/a.md#no-heading', why: 'no such heading' },
      { file: 'README.md', target: 'x.png', why: 'no such file' },
      { file: 'README.md', target: '#nowhere', why: 'no such heading' },
    ]);
  });

  it('leaves code alone', () => {
    expect(check('`[a](b.md)`\n\n```ts\nconst [a](b.md)\n```\n')).toEqual([]);
  });
});
