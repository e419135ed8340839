import { describe, expect, it } from 'vitest';
import { packageVersion } from './package-version.ts';

describe('the version of a package', () => {
  it('is that of the package around a module', () => {
    expect(packageVersion(import.meta.url)).toMatch(/^\d+\.\d+\.\d+$/);
  });

  it('is unknown where there is no package around it', () => {
    expect(packageVersion('file:///nowhere/module.js')).toBe('unknown');
  });
});
