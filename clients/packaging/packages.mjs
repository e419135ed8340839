import { join } from 'node:path';

export const ROOT = join(import.meta.dirname, '..', '..');

/** Everything that is published, each after what it depends on. All of them have one version. */
export const PACKAGES = [
  { name: '@stepcast/contracts', folder: 'contracts' },
  { name: '@stepcast/web', folder: 'clients/web' },
  { name: '@stepcast/elements', folder: 'clients/elements' },
  { name: '@stepcast/react', folder: 'clients/react' },
  { name: '@stepcast/uppy', folder: 'clients/uppy' },
  { name: '@stepcast/cli', folder: 'clients/cli' },
  { name: '@stepcast/cdk', folder: 'infra/cdk' },
];

/**
 * The oldest browsers that the browser packages run in. `String.prototype.isWellFormed` and class static blocks set the line; the
 * compiler holds the sources to it (`clients/tsconfig.browsers.json`), the bundler what is bundled.
 */
export const BROWSERS = ['chrome111', 'edge111', 'firefox119', 'safari16.4'];
