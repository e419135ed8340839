import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { runCommand } from '@stepcast/kit/testing/child-process';

const SEARCHED = ['/usr/sbin', '/usr/local/sbin', '/usr/bin', '/usr/local/bin', '/opt/homebrew/sbin'];

export function findBinary(name: string): string | undefined {
  return [...(process.env['PATH'] ?? '').split(':'), ...SEARCHED]
    .map((place) => join(place, name))
    .find((path) => existsSync(path));
}

const taskset = findBinary('taskset');

/** Whether processes can be held on a core of their own here. */
export const canPin = taskset !== undefined;

/** The measured process has core 0 to itself, everything beside it core 1. */
export const MEASURED = 0;
export const BESIDE = 1;

/** `command` on one core where that is possible, else as it is. */
export function pinned(core: number, command: string, args: readonly string[]): [string, string[]] {
  return taskset === undefined ? [command, [...args]] : [taskset, ['-c', String(core), command, ...args]];
}

/** Moves a process with all its threads to one core, where that is possible. */
export async function pin(pid: number, core: number): Promise<void> {
  if (taskset !== undefined)
    await runCommand(taskset, ['-a', '-c', '-p', String(core), String(pid)], { timeoutMs: 10_000 });
}
