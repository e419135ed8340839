import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { cliPage } from './cli-page.ts';

/** `npm run docs:cli` writes the page on the operators' command. */
await writeFile(join(import.meta.dirname, '../../../docs/operations/cli.md'), await cliPage());
