import { readFileSync } from 'node:fs';
import { findPackageJSON } from 'node:module';
import { parseJson } from '@stepcast/contracts';
import * as z from 'zod';

const Manifest = z.object({ version: z.string() });

/**
 * The version of the package that this code is part of, as `0.1.0`.
 * @returns `unknown` where the code was copied elsewhere without its package.json
 */
export function ownVersion(): string {
  const path = findPackageJSON('.', import.meta.url);
  if (path === undefined) return 'unknown';
  const manifest = parseJson(Manifest, readFileSync(path, 'utf8'));
  return manifest.ok ? manifest.value.version : 'unknown';
}
