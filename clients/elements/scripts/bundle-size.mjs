/** Measures each element as a page loads it, and both together, and prints that as JSON. Run it with Node from anywhere. */
import { fileURLToPath } from 'node:url';
import { measure } from '../../packaging/measure.mjs';

const root = fileURLToPath(new URL('../src/', import.meta.url));
console.log(
  JSON.stringify({
    timeline: await measure(`import './timeline/define.ts';`, root),
    graph: await measure(`import './graph/define.ts';`, root),
    both: await measure(`export * from './index.ts';`, root),
  }),
);
