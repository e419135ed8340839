import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Sandbox } from '@stepcast/sandbox';
import { startTestSandbox } from '../support/sandbox.ts';
import * as z from 'zod';
import { recordingOf, uploadToEnd } from './operators/rebuilding.ts';

/** A workflow that works on a document, as that of GenAI IDP: it finds it nowhere else. */
const DEFINITION = {
  StartAt: 'Is it there?',
  States: {
    'Is it there?': {
      Type: 'Choice',
      Choices: [{ Variable: '$.document.input_key', StringMatches: 'users/*', Next: 'Read it' }],
      Default: 'Nowhere',
    },
    'Read it': { Type: 'Pass', End: true },
    Nowhere: { Type: 'Fail', Error: 'NoDocument' },
  },
};
const EXAMPLE = join(import.meta.dirname, '../../services/sandbox/examples/document-input.json');
const Recorded = z.object({ execution: z.object({ input: z.string() }) });

let folder = '';
let sandbox: Sandbox;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'stepcast-input-'));
  const definition = join(folder, 'machine.json');
  await writeFile(definition, JSON.stringify(DEFINITION));
  sandbox = await startTestSandbox({
    argv: ['--definition', definition, '--mode', 'observed', '--input', EXAMPLE],
    environment: {
      STEPCAST_OWNERSHIP_INPUT_PATHS: '[{ "bucket": "document.input_bucket", "key": "document.input_key" }]',
    },
  });
});
afterAll(async () => {
  await sandbox.stop();
  await rm(folder, { recursive: true, force: true });
});

it('a workflow whose input has a form of its own gets it from the rule, and its owner is found by the configured path', async () => {
  const { executionArn, key } = await uploadToEnd(sandbox, 'alice', 'letter one.txt');
  const { execution } = Recorded.parse(await recordingOf(sandbox, executionArn));
  expect(JSON.parse(execution.input)).toEqual({
    document: { input_bucket: sandbox.info.bucket, input_key: key },
  });
});
