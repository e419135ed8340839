import { join } from 'node:path';

/** Beside the sources, so that it is found from them and from what is built of them. */
export const SHAPES_FILE = join(import.meta.dirname, '..', '..', 'stand-ins', 'output-shapes.br');
