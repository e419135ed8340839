/**
 * Measures the whole of this package as a page loads it, and the uploader that comes with the first upload, and prints that as JSON. Run
 * it with Node from anywhere.
 */
import { fileURLToPath } from 'node:url';
import { measure } from '../../packaging/measure.mjs';

const root = fileURLToPath(new URL('../src/', import.meta.url));
console.log(JSON.stringify(await measure(`export * from './index.ts';`, root)));
