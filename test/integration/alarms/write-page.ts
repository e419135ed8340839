import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { withTables } from './alarm-page.ts';
import { synthesizeAlarms } from './deployed-alarms.ts';

/** `npm run docs:alarms`: writes the tables of docs/operations/alarms.md. */
const path = join(import.meta.dirname, '..', '..', '..', 'docs', 'operations', 'alarms.md');
const deployed = synthesizeAlarms();
try {
  writeFileSync(path, withTables(readFileSync(path, 'utf8'), deployed));
} finally {
  deployed.synthesized.remove();
}
