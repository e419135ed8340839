import { createReadStream, existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { MESSAGE_TYPES } from '@stepcast/contracts';
import { runCommand, startChildProcess } from '@stepcast/kit/testing/child-process';
import type { Sandbox } from '@stepcast/sandbox';
import { startBrowser } from '../e2e/start-browser.ts';
import { paintedPhoto } from '../e2e/painted-photo.ts';
import { reportNotRun } from '../support/not-run.ts';
import { checkPrinted } from '../support/published-schemas.ts';
import { PythonPackagesUnavailable, pythonWith } from '../support/python-packages.ts';
import { startTestSandbox } from '../support/sandbox.ts';

const ROOT = join(import.meta.dirname, '../..');
const EXAMPLES = join(ROOT, 'clients/examples');
/** What the example in shell calls. */
const OF_SHELL = ['aws', 'mosquitto_sub', 'curl', 'jq'];
const FOLLOWED = {
  problems: [],
  types: [MESSAGE_TYPES.overview, MESSAGE_TYPES.progress, MESSAGE_TYPES.state],
};

let sandbox: Sandbox;
let folder: string;

beforeAll(async () => {
  sandbox = await startTestSandbox({ argv: ['--feed'] });
  folder = await mkdtemp(join(tmpdir(), 'stepcast-examples-'));
});
afterAll(async () => {
  await sandbox.stop({ force: true });
  await rm(folder, { recursive: true, force: true });
});

async function photo(name: string): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, await paintedPhoto(320, 240));
  return path;
}

/** Arguments of an example: the photo, one of the sandbox's people, and where the sandbox is. */
async function argsFor(name: string): Promise<string[]> {
  const { username = '', password = '' } = sandbox.info.users[0] ?? {};
  return [await photo(name), username, password, sandbox.url];
}

describe('an example of a client made of stock libraries prints messages that the published schemas accept, to the end', () => {
  it('in TypeScript', async () => {
    const args = [join(EXAMPLES, 'typescript/follow.ts'), ...(await argsFor('typescript.jpg'))];
    const { stdout } = await runCommand(process.execPath, args, { timeoutMs: 60_000 });
    expect(await checkPrinted(stdout)).toEqual(FOLLOWED);
    expect(stdout).toContain('"kind":"executionSucceeded"');
  });

  it('in Python', async () => {
    let python;
    try {
      python = await pythonWith(join(EXAMPLES, 'python/requirements.txt'));
    } catch (thrown) {
      if (!(thrown instanceof PythonPackagesUnavailable)) throw thrown;
      reportNotRun('the example in Python (clients/examples/python)', thrown.message);
      return;
    }
    const args = [join(EXAMPLES, 'python/follow.py'), ...(await argsFor('python.jpg'))];
    const { stdout } = await runCommand(python, args, { timeoutMs: 60_000 });
    expect(await checkPrinted(stdout)).toEqual(FOLLOWED);
    expect(stdout).toContain('"kind":"executionSucceeded"');
  });

  it('in shell', async () => {
    const missing = [...OF_SHELL, 'stdbuf'].filter((tool) => !isInstalled(tool));
    if (missing.length > 0) {
      reportNotRun(
        'the example in shell (clients/examples/shell)',
        `not installed: ${missing.join(', ')}; install Mosquitto's clients, the AWS CLI, jq, curl and coreutils to have it`,
      );
      return;
    }
    const { stdout } = await runCommand(join(EXAMPLES, 'shell/follow.sh'), await argsFor('shell.jpg'), {
      timeoutMs: 90_000,
    });
    expect(await checkPrinted(stdout)).toEqual({ problems: [], types: [MESSAGE_TYPES.correlation] });
    expect(stdout).toContain('"kind":"executionSucceeded"');
  });

  it('in a page without a bundler', async () => {
    const browser = await startBrowser('the example in a browser (clients/examples/browser)');
    if (browser === undefined) return;
    const files = await serveFiles(['/clients/examples/browser/', '/node_modules/mqtt/dist/']);
    try {
      const page = await browser.newPage();
      await page.goto(`${files.url}/clients/examples/browser/index.html?sandbox=${sandbox.url}`);
      await page.setInputFiles('#photo', await photo('page.jpg'));
      await page.getByText('"kind":"executionSucceeded"').waitFor();
      await page.getByText('100 %').waitFor();
      const text = await page.locator('#messages').textContent();
      expect((await checkPrinted(text ?? '')).problems).toEqual([]);
    } finally {
      await browser.close();
      await files.close();
    }
  });
});

describe('an example that cannot begin says why in one line, and ends with 1: it printed a stack trace', () => {
  const nowhere = ['alice', 'Alice-in-the-sandbox-1', 'http://127.0.0.1:1'];
  const absent = /^No sandbox answers at http:\/\/127\.0\.0\.1:1\/sandbox\.json: start it with "npm start/;
  it.each([
    { what: 'no sandbox', args: [join(EXAMPLES, 'README.md'), ...nowhere], says: absent },
    { what: 'no photo', args: [], says: /^Name a photo: / },
    { what: 'a photo that is not there', args: ['nowhere.jpg'], says: /^nowhere\.jpg cannot be read\.$/ },
  ])('with $what', async ({ args, says }) => {
    const commands = [
      [process.execPath, join(EXAMPLES, 'typescript/follow.ts')],
      ...(OF_SHELL.every(isInstalled) ? [['sh', join(EXAMPLES, 'shell/follow.sh')]] : []),
    ];
    for (const [command = '', script = ''] of commands) {
      const child = startChildProcess(command, [script, ...args]);
      const { code } = await child.exited;
      expect({ code, said: child.output().trimEnd() }).toEqual({
        code: 1,
        said: expect.stringMatching(says),
      });
      expect(child.output().trimEnd()).not.toContain('\n');
    }
  });

  it('without the packages that it is made of, in Python', async () => {
    if (!isInstalled('python3')) {
      reportNotRun(
        'the example in Python without its packages (clients/examples/python)',
        'there is no python3',
      );
      return;
    }
    // `-S`: without the folder in which packages are installed.
    const child = startChildProcess('python3', ['-S', join(EXAMPLES, 'python/follow.py'), 'photo.jpg']);
    expect((await child.exited).code).toBe(1);
    expect(child.output()).toBe(
      'The package boto3 is not installed: pip install -r clients/examples/python/requirements.txt\n',
    );
  });

  it('without the commands that it calls, in shell', async () => {
    const child = startChildProcess('/bin/sh', [join(EXAMPLES, 'shell/follow.sh'), 'photo.jpg'], {
      env: { PATH: folder },
    });
    expect((await child.exited).code).toBe(1);
    expect(child.output()).toBe(
      'aws is not installed: this example needs the AWS CLI, mosquitto_sub, curl and jq.\n',
    );
  });
});

function isInstalled(tool: string): boolean {
  return (process.env['PATH'] ?? '').split(delimiter).some((folder) => existsSync(join(folder, tool)));
}

/** Serves files of the project below some folders, as any static server does. */
async function serveFiles(
  folders: readonly string[],
): Promise<{ readonly url: string; close(): Promise<void> }> {
  const types: Readonly<Record<string, string>> = { html: 'text/html', js: 'text/javascript' };
  const server = createServer((request, response) => {
    const { pathname } = new URL(request.url ?? '/', 'http://127.0.0.1');
    const type = types[pathname.split('.').at(-1) ?? ''];
    if (type === undefined || !folders.some((one) => pathname.startsWith(one))) {
      response.writeHead(404).end();
      return;
    }
    response.writeHead(200, { 'content-type': type });
    createReadStream(join(ROOT, pathname)).pipe(response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new TypeError('no port');
  return {
    url: `http://127.0.0.1:${address.port}`,
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
