import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { parseJson } from '@stepcast/contracts';
import { runCommand } from '@stepcast/kit/testing/child-process';
import * as z from 'zod';

const ROOT = join(import.meta.dirname, '..', '..');
const Found = z.record(z.string(), z.array(z.string()));

/**
 * Lints texts as if each stood in the file beside it, by the project's own configuration, in a process of its own, as
 * a person runs it. Without the rules that need types,
 * for which TypeScript would have to read a package for each of the files.
 */
const lint = `
  import { ESLint } from 'eslint';
  import tseslint from 'typescript-eslint';
  const eslint = new ESLint({ cwd: process.cwd(), overrideConfig: [tseslint.configs.disableTypeChecked] });
  const found = {};
  for (const [filePath, text] of Object.entries(JSON.parse(process.argv[1]))) {
    const [result] = await eslint.lintText(text, { filePath });
    found[filePath] = result.messages.map(({ ruleId, message }) => ruleId ?? message);
  }
  process.stdout.write(JSON.stringify(found));
`;

async function rulesBrokenBy(texts: Readonly<Record<string, string>>): Promise<z.infer<typeof Found>> {
  const args = ['--input-type=module', '--eval', lint, JSON.stringify(texts)];
  const { stdout } = await runCommand(process.execPath, args, { cwd: ROOT, timeoutMs: 300_000 });
  const found = parseJson(Found, stdout);
  if (!found.ok) throw new TypeError('the linter wrote something else');
  return found.value;
}

const again = `import { runStates } from './run-states.ts';\nexport const again = runStates;\n`;
const texts = {
  'services/asl-interpreter/src/engine/map.ts': again,
  'services/asl-interpreter/src/engine/execution.ts': again,
  'services/provisioner/src/domain/pool-roles.ts': `export * from '../ports/pool-roles.port.ts';\n`,
  'services/provisioner/src/application/guest-access.ts': `export * from '../compose.ts';\n`,
  'contracts/src/topics.ts': `export * from '../../services/kit/src/index.ts';\n`,
  'services/publisher/src/main.ts': `export * from '../../engine/src/index.ts';\n`,
  'services/engine/src/main.ts': `export * from '../../provisioner/src/index.ts';\n`,
  'services/engine/src/index.ts': `export * from '../../publisher/src/index.ts';\n`,
  'services/correlator/src/index.ts': `export * from '../../asl-interpreter/src/index.ts';\n`,
  'services/asl-interpreter/src/ports.ts': `export * from '../../wire/src/index.ts';\n`,
  'services/sandbox/src/iot/index.ts': `export * from '../kvs/index.ts';\n`,
  'services/operations/src/words.ts': `export * from '../../correlator/src/index.ts';\n`,
  'services/forwarder/src/index.ts': `export * from '../../operations/src/index.ts';\n`,
  'clients/ops/src/route.ts': `export * from '../../../services/operations/src/index.ts';\n`,
  'clients/ops/src/context.ts': `export * from '../../../services/operations/src/api/contract.ts';\n`,
};
let broken: z.infer<typeof Found>;

beforeAll(async () => {
  broken = await rulesBrokenBy(texts);
});

describe('the lint rules about imports', () => {
  it('find a circle between TypeScript files, as there was one between run-states and map that nobody saw', () => {
    expect(broken['services/asl-interpreter/src/engine/map.ts']).toContain('import-x/no-cycle');
  });

  it('let the same import pass where it closes no circle', () => {
    expect(broken['services/asl-interpreter/src/engine/execution.ts']).toEqual([]);
  });

  it('let the engine import the services that it is made of', () => {
    expect(broken['services/engine/src/index.ts']).toEqual([]);
  });

  it('let the operators’ page have what it and its API say to one another', () => {
    expect(broken['clients/ops/src/context.ts']).toEqual([]);
  });

  it.each([
    ['from domain to ports', 'services/provisioner/src/domain/pool-roles.ts'],
    ['from application to compose', 'services/provisioner/src/application/guest-access.ts'],
    ['from contracts to kit', 'contracts/src/topics.ts'],
    ['from a service to the engine', 'services/publisher/src/main.ts'],
    ['from the engine to the provisioner', 'services/engine/src/main.ts'],
    ['from a service to the interpreter', 'services/correlator/src/index.ts'],
    ['from the interpreter to wire', 'services/asl-interpreter/src/ports.ts'],
    ['from one emulated service to its neighbour', 'services/sandbox/src/iot/index.ts'],
    ['from operations to a service', 'services/operations/src/words.ts'],
    ['from a service to operations', 'services/forwarder/src/index.ts'],
    ['from the operators’ page to the rest of operations', 'clients/ops/src/route.ts'],
  ])('refuse an import %s', (_name, file) => {
    expect(broken[file]).toContain('import-x/no-restricted-paths');
  });
});
