import { join } from 'node:path';

/** Root of the repository, from `src` as from `dist`. */
export const REPOSITORY = join(import.meta.dirname, '..', '..', '..');

/** What a packed package brings along beside its code; beside the sources there is nothing of it. */
export const BUNDLED = {
  image: join(import.meta.dirname, 'bundled', 'image'),
  lambda: (service: 'forwarder' | 'provisioner') => join(import.meta.dirname, 'bundled', 'lambda', service),
};
