/**
 * Measures these hooks as a page that has React loads them, once alone and once together with the whole web client that they serve, and
 * prints that as JSON. Run it with Node from anywhere.
 */
import { fileURLToPath } from 'node:url';
import { measure } from '../../packaging/measure.mjs';

const root = fileURLToPath(new URL('../src/', import.meta.url));
const hooks = `export * from './index.ts';`;
const react = /^react(?:\/|$)/;
console.log(
  JSON.stringify({
    alone: await measure(hooks, root, [react, /^@stepcast\//]),
    withWebClient: await measure(`${hooks}\nexport * from '@stepcast/web';`, root, [react]),
  }),
);
