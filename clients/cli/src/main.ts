#!/usr/bin/env node
import { enableCompileCache } from 'node:module';

// What the command loads is compiled once a machine: without it, compiling is half the time until `--help` answers.
enableCompileCache();
await import('./terminal.ts');
