/**
 * The public contract of Stepcast: everything that an integrator or a client needs, and nothing that only our services
 * say to one another (that is `@stepcast/wire`).
 *
 * Topics are built and parsed in `topics.ts`, messages are zod schemas with inferred types, `epochs.ts` has the rule for
 * which epoch is newer. Nothing here does I/O.
 */
export * from './catch-up.ts';
export * from './correlation.ts';
export * from './digest.ts';
export * from './epochs.ts';
export * from './fold.ts';
export * from './identifiers.ts';
export * from './json.ts';
export * from './key-template.ts';
export * from './messages.ts';
export * from './names.ts';
export * from './offsets.ts';
export * from './outline-of.ts';
export * from './outline.ts';
export * from './progress.ts';
export * from './provisioning.ts';
export * from './regions.ts';
export * from './state.ts';
export * from './statuses.ts';
export * from './topics.ts';
export * from './upload.ts';
