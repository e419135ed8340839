import { enableCompileCache } from 'node:module';

// What the sandbox loads is compiled once a machine: without it, compiling is half the time until `--help` answers.
enableCompileCache();
await import('./command-line.ts');
