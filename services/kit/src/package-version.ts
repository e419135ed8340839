import { readFileSync } from 'node:fs';
import { findPackageJSON } from 'node:module';
import * as z from 'zod';

const Manifest = z.object({ version: z.string() });

/**
 * The version of the package that a module is part of, as `0.1.0`; `unknown` where its code was copied elsewhere without its
 * package.json.
 * @param moduleUrl `import.meta.url` of the module
 */
export function packageVersion(moduleUrl: string): string {
  try {
    const path = findPackageJSON('.', moduleUrl);
    if (path === undefined) return 'unknown';
    return Manifest.parse(JSON.parse(readFileSync(path, 'utf8'))).version;
  } catch {
    // Where there is none, the path may be that of the root.
    return 'unknown';
  }
}
