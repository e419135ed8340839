import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { systemTimers } from '@stepcast/kit';
import { loadUserWorkflow } from './load-user-workflow.ts';

const examples = join(import.meta.dirname, '..', '..', 'examples');
const where = { region: 'us-east-1', accountId: '111122223333' };
const example = {
  definition: { kind: 'file' as const, path: join(examples, 'word-count.asl.json') },
  handlers: join(examples, 'word-count-handlers.mjs'),
};

const at = (path: string) => ({ kind: 'file' as const, path });

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
    const { functions, handlers } = await loadUserWorkflow(example, systemTimers, where);
    expect(functions).toEqual(['read-text', 'count-words']);
    await handlers?.close();
  });

  it('needs no handlers: stand-ins answer for every function, and placeholders are filled', async () => {
    const definition = await file(
      'placeholders.json',
      JSON.stringify({
        StartAt: 'T',
        States: {
          T: { Type: 'Task', Resource: '${ResizeFunctionArn}', Next: 'U' },
          U: { Type: 'Task', Resource: 'arn:${AWS::Partition}:states:::sns:publish', End: true },
        },
      }),
    );
    const workflow = await loadUserWorkflow({ definition: at(definition) }, systemTimers, where);
    expect(workflow).toMatchObject({
      functions: [],
      handlers: undefined,
      standIns: ['ResizeFunctionArn'],
      placeholders: ['ResizeFunctionArn', 'AWS::Partition'],
    });
    expect(workflow.definition).toContain('"arn:aws:states:::sns:publish"');
  });

  it.each(['definition', 'handlers'] as const)('says which file is missing: --%s', async (which) => {
    const nowhere = join(folder, 'nowhere');
    const missing = which === 'definition' ? at(nowhere) : nowhere;
    await expect(
      loadUserWorkflow({ ...example, [which]: missing }, systemTimers, where),
    ).rejects.toMatchObject({
      code: 'WORKFLOW_USER_FILES',
      message: expect.stringMatching(`^--${which} .*nowhere cannot be read: there is no such file`),
    });
  });

  it('says that a folder is no file', async () => {
    await expect(
      loadUserWorkflow({ ...example, definition: at(folder) }, systemTimers, where),
    ).rejects.toThrow('it is a folder');
  });

  it('passes on why handlers cannot be loaded', async () => {
    const handlers = await file('breaks.mjs', 'throw new Error("no such database");');
    await expect(loadUserWorkflow({ ...example, handlers }, systemTimers, where)).rejects.toThrow(
      /--handlers .*breaks\.mjs cannot be loaded: no such database/,
    );
  });

  it('says where a definition breaks', async () => {
    const definition = await file('broken.json', '{\n "StartAt": }');
    await expect(
      loadUserWorkflow({ ...example, definition: at(definition) }, systemTimers, where),
    ).rejects.toThrow('line 2, column 13');
  });
});
