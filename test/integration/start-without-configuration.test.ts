import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { CONFIG_EXIT_CODE } from '@stepcast/kit';
import { startChildProcess } from '@stepcast/kit/testing/child-process';
import * as z from 'zod';

const root = join(import.meta.dirname, '../..');
const Line = z.object({
  level: z.literal('error'),
  service: z.string(),
  problems: z.array(z.string()),
  msg: z.string(),
});

describe('a service without a configuration', () => {
  // As `docker compose --profile account up` without an environment: the names stood inside of a stack trace.
  it.each(['engine', 'forwarder', 'correlator', 'publisher', 'provisioner'])(
    'names all that is missing in one line of the log, and ends with 78: %s',
    async (service) => {
      const child = startChildProcess(
        process.execPath,
        [
          '--conditions=stepcast-source',
          '--disable-warning=ExperimentalWarning',
          `services/${service}/src/main.ts`,
        ],
        { cwd: root, env: { PATH: process.env.PATH } },
      );
      const { code } = await child.exited;
      expect(code).toBe(CONFIG_EXIT_CODE);
      expect(child.stderr()).toBe('');
      const lines = child.stdout().trim().split('\n');
      expect(lines).toHaveLength(1);
      const { problems, msg } = Line.parse(JSON.parse(lines[0] ?? ''));
      expect(msg).toBe('configuration not usable');
      expect(problems.length).toBeGreaterThan(1);
      expect(problems).toContainEqual(expect.stringMatching(/^[A-Z_0-9]+ is not set$/));
    },
  );
});
