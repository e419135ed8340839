import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gatherFigures } from './figures.ts';
import { costPage } from './page.ts';

const page = join(import.meta.dirname, '..', '..', '..', 'docs', 'cost.md');
await writeFile(page, costPage(await gatherFigures()));
process.stdout.write('docs/cost.md is written\n');
