import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { factsPage } from './page.ts';

/** `npm run docs:facts` */
const path = join(import.meta.dirname, '..', '..', 'docs', 'operations', 'unverified-facts.md');
await writeFile(path, await factsPage(path));
