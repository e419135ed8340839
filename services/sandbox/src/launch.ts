import { enableCompileCache } from 'node:module';

// Node keeps compiled code on disk, and later starts load it from there: compiling is half of the time until `--help` answers.
enableCompileCache();
await import('./command-line.ts');
