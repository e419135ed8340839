import { rolldown } from 'rolldown';

/** `node bundle.js INPUT OUTPUT`: a process of its own, because CDK wants its assets at once and rolldown takes its time. */
const [input, output] = process.argv.slice(2);
if (input === undefined || output === undefined) throw new TypeError('usage: node bundle.js INPUT OUTPUT');

const bundle = await rolldown({
  input,
  platform: 'node',
  resolve: { conditionNames: ['stepcast-source', 'node', 'import', 'default'] },
  // What is odd inside dependencies is theirs; what cannot be resolved is an error anyway.
  logLevel: 'silent',
});
await bundle.write({ file: output, format: 'esm', minify: true, codeSplitting: false });
await bundle.close();
