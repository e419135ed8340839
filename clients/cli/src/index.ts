/**
 * The command `stepcast`, for programs: `runCli` runs a command line against any terminal, `diagnose` judges evidence that
 * was gathered elsewhere, `explain` decodes an error message.
 */
export { runCli } from './cli.ts';
export type { CliOptions, Terminal } from './cli-options.ts';
export { connect } from './doctor-command.ts';
export { diagnose, exitCodeOf, EXIT_CODES, type Diagnosis } from './domain/diagnose.ts';
export { type Chain, type Evidence } from './domain/evidence.ts';
export { explain, type Explanation } from './domain/explain/explain.ts';
export { allLinks } from './domain/links/index.ts';
export { type Finding, type Link, type LinkResult, type Severity, type Verdict } from './domain/link.ts';
export { mask } from '@stepcast/operations';
export { permissionSet, type PermissionSetOptions } from './domain/permission-set/permission-set.ts';
export { type Setup } from './domain/setup.ts';
