import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { systemTimers } from '@stepcast/kit';
import { loadUserWorkflow } from './load-user-workflow.ts';

const examples = join(import.meta.dirname, '..', '..', 'examples');
const example = {
  definition: join(examples, 'word-count.asl.json'),
  handlers: join(examples, 'word-count-handlers.mjs'),
};

describe('loadUserWorkflow', () => {
  let folder = '';
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'stepcast-workflow-'));
  });
  afterAll(() => rm(folder, { recursive: true }));

  async function file(name: string, text: string): Promise<string> {
    const path = join(folder, name);
    await writeFile(path, text);
    return path;
  }

  it('reads the example', async () => {
    const { functions, handlers } = await loadUserWorkflow(example, systemTimers);
    expect(functions).toEqual(['read-text', 'count-words']);
    await handlers.close();
  });

  it.each(['definition', 'handlers'] as const)('says which file is missing: --%s', async (which) => {
    await expect(
      loadUserWorkflow({ ...example, [which]: join(folder, 'nowhere') }, systemTimers),
    ).rejects.toMatchObject({
      code: 'WORKFLOW_USER_FILES',
      message: expect.stringMatching(`^--${which} .*nowhere cannot be read: there is no such file`),
    });
  });

  it('says that a folder is no file', async () => {
    await expect(loadUserWorkflow({ ...example, definition: folder }, systemTimers)).rejects.toThrow(
      'it is a folder',
    );
  });

  it('passes on why handlers cannot be loaded', async () => {
    const handlers = await file('breaks.mjs', 'throw new Error("no such database");');
    await expect(loadUserWorkflow({ ...example, handlers }, systemTimers)).rejects.toThrow(
      /--handlers .*breaks\.mjs cannot be loaded: no such database/,
    );
  });

  it('says where a definition breaks', async () => {
    const definition = await file('broken.json', '{\n "StartAt": }');
    await expect(loadUserWorkflow({ ...example, definition }, systemTimers)).rejects.toThrow(
      'line 2, column 13',
    );
  });
});
