import { cp, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Page } from 'playwright-core';
import { recipeFiles, recipePackages } from './recipe-files.ts';
import { type OpenPage, type PackagesWorld, ROOT, run, startWorld } from './world.ts';

const RECIPES = join(ROOT, 'docs/recipes');
const WORDS = { name: 'words.txt', mimeType: 'text/plain', buffer: Buffer.from('one two\nthree') };

let world: PackagesWorld;
beforeAll(async () => {
  world = await startWorld('the recipes in Chromium (test/packages/recipes.test.ts)');
}, 600_000);
afterAll(() => world.stop());

/** An empty project with the files that a page of the documents shows, and what it says to install. */
async function made(document: string, tools: readonly string[], ours = /contracts|web/): Promise<string> {
  const text = await readFile(join(RECIPES, document), 'utf8');
  const packages = recipePackages(text).filter((name) => !name.startsWith('@stepcast/'));
  const name = document.replaceAll(/[^a-z]+/gi, '-');
  const cwd = await world.project(name, [...packages, ...tools], ours, 'recipe');
  const shared = recipeFiles(await readFile(join(RECIPES, 'README.md'), 'utf8'));
  for (const { path, content } of [...shared, ...recipeFiles(text)]) {
    await mkdir(dirname(join(cwd, path)), { recursive: true });
    await writeFile(join(cwd, path), content);
  }
  return cwd;
}

async function replaceIn(path: string, from: string, to: string): Promise<void> {
  const text = await readFile(path, 'utf8');
  expect(text).toContain(from);
  await writeFile(path, text.replace(from, to));
}

/** Builds it with Vite and opens what came of it. */
async function built(cwd: string): Promise<OpenPage | undefined> {
  await run('npx', ['vite', 'build', '--logLevel', 'warn'], cwd);
  return world.open(join(cwd, 'dist'));
}

async function upload(page: Page): Promise<void> {
  await page.locator('input[type=file]').setInputFiles(WORDS);
  await page.locator('#phase').getByText('done').waitFor({ timeout: 60_000 });
}

/** Uploads a file and sees its steps to the end. Gives what went wrong in the page. */
async function follows(opened: OpenPage | undefined): Promise<readonly string[]> {
  if (opened === undefined) return [];
  await upload(opened.page);
  await opened.page.getByText('Count words: succeeded').waitFor();
  return opened.problems;
}

describe('a stranger with a new app of Vite', () => {
  it('gets from npm install to a live graph of their own workflow in under 40 lines', async () => {
    const tools = ['vite', 'typescript', '@types/react', '@types/react-dom'];
    const cwd = await made('live-graph.md', tools, /contracts|web|react|elements/);
    // With the client that all recipes share: its lines were not counted.
    const texts = await Promise.all(
      ['main.tsx', 'client.ts'].map((name) => readFile(join(cwd, 'src', name), 'utf8')),
    );
    const code = texts.flatMap((text) => text.split('\n')).filter((line) => !/^\s*(\/[/*].*)?$/.test(line));
    expect(code.length).toBeLessThan(40);
    await cp(join(ROOT, 'services/sandbox/examples/word-count.asl.json'), join(cwd, 'src/my.asl.json'));
    await replaceIn(join(cwd, 'index.html'), '/src/main.ts', '/src/main.tsx');
    await run('npx', ['tsc', '-p', '.'], cwd);
    const opened = await built(cwd);
    if (opened === undefined) return;
    const { page, problems } = opened;
    await page.locator('#phase').getByText('idle').waitFor();
    await upload(page);
    const graph = page.locator('stepcast-graph');
    // Those that ran, and one that the definition alone knows.
    for (const step of ['Read the text', 'Count words', 'Nothing to count'])
      await graph.locator(`[part~="node"][data-step="${step}"]`).waitFor();
    await graph.locator('[data-step="Count words"][data-status="succeeded"]').waitFor();
    expect(problems).toEqual([]);
  }, 900_000);
});

describe('the recipe for', () => {
  it('Vue type-checks, builds and follows an upload', async () => {
    const cwd = await made('vue.md', ['vite', 'typescript', 'vue-tsc', '@vitejs/plugin-vue']);
    await run('npx', ['vue-tsc', '-p', '.'], cwd);
    expect(await follows(await built(cwd))).toEqual([]);
  }, 900_000);

  it('Svelte type-checks, builds and follows an upload', async () => {
    const tools = ['vite', 'typescript', 'svelte-check', '@sveltejs/vite-plugin-svelte'];
    const cwd = await made('svelte.md', tools);
    await run('npx', ['svelte-check', '--tsconfig', 'tsconfig.json'], cwd);
    expect(await follows(await built(cwd))).toEqual([]);
  }, 900_000);

  it('Next.js type-checks, renders on a server, and follows an upload in the browser', async () => {
    const tools = ['typescript', '@types/react', '@types/react-dom', '@types/node'];
    const cwd = await made('nextjs.md', tools, /contracts|web|react|elements/);
    await replaceIn(join(cwd, 'tsconfig.json'), '"vite/client"', '"node"');
    await run('npx', ['next', 'build'], cwd);
    expect(await readFile(join(cwd, 'out/index.html'), 'utf8')).toContain('<p id="phase">idle</p>');
    expect(await follows(await world.open(join(cwd, 'out')))).toEqual([]);
  }, 900_000);

  it('a plain script follows an upload without a bundler', async () => {
    expect(await follows(await world.open(await made('plain-script.md', [])))).toEqual([]);
  }, 900_000);

  it('Amplify signs in by SRP and follows an upload, and its PubSub gets the messages', async () => {
    const cwd = await made('amplify.md', ['vite', 'typescript', '@aws-amplify/pubsub']);
    const page = '<input type="file" /><p id="phase">idle</p><ol id="messages"></ol>';
    await replaceIn(join(cwd, 'index.html'), '<div id="root"></div>', page);
    await run('npx', ['tsc', '-p', '.'], cwd);
    const opened = await built(cwd);
    if (opened === undefined) return;
    await opened.page.locator('#phase').getByText('live').waitFor({ timeout: 60_000 });
    await upload(opened.page);
    const messages = opened.page.locator('#messages li');
    await messages.filter({ hasText: '"kind":"executionSucceeded"' }).first().waitFor();
    expect(await messages.count()).toBeGreaterThan(1);
  }, 900_000);

  it('moving from Amplify PubSub type-checks and builds', async () => {
    const cwd = await made('from-amplify-pubsub.md', ['vite', 'typescript', 'aws-amplify']);
    await run('npx', ['tsc', '-p', '.'], cwd);
    await run('npx', ['vite', 'build', '--logLevel', 'warn'], cwd);
    expect(await readdir(join(cwd, 'dist'))).toContain('index.html');
  }, 900_000);

  it('Uppy type-checks as the readme of its plugin shows it', async () => {
    const cwd = await world.project(
      'uppy',
      ['vite', 'typescript', '@uppy/core', '@uppy/dashboard'],
      /contracts|web|uppy/,
      'recipe',
    );
    const readme = await readFile(join(ROOT, 'clients/uppy/README.md'), 'utf8');
    const [, example = ''] = /```ts\n(import[\s\S]*?)```/.exec(readme) ?? [];
    // What the example takes for granted.
    const given = `type Options = Parameters<typeof createProgressClient>[0];
declare const region: string;
declare const endpoint: string;
declare const credentials: Options['credentials'];
declare const provisioning: NonNullable<Options['provisioning']>;
declare const show: (...files: unknown[]) => void;
`;
    await writeFile(join(cwd, 'src/main.ts'), `${example}\n${given}`);
    await run('npx', ['tsc', '-p', '.'], cwd);
    await run('npx', ['vite', 'build', '--logLevel', 'warn'], cwd);
    expect(await readdir(join(cwd, 'dist'))).toContain('index.html');
  }, 900_000);
});
