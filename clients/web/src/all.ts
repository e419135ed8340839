/** The client and its uploader in one: what `dist/stepcast.min.js` holds, for pages without a bundler. */
export * from './index.ts';
export * from './s3/index.ts';
