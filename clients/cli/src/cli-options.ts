import type { Environment } from '@stepcast/kit';
import type { Connections } from './compose.ts';
import type { DoctorOptions } from './config.ts';
import type { Setup } from './domain/setup.ts';
import type { DeploymentOperator } from './operator/connect.ts';
import type { PlaceSettings } from './operator/options.ts';
import type { Confirmation } from './ports/repairs.port.ts';
import type { ConnectPreflight } from './preflight.ts';
import type { TextStyle } from './report/human.ts';

/** The terminal, as far as the command needs one. */
export interface Terminal {
  out(text: string): void;
  err(text: string): void;
  readonly style: TextStyle;
  /** Absent where nobody can answer. */
  readonly confirmation: Confirmation | undefined;
  readInput(): Promise<string>;
  /** Standard input, piece by piece. Default: all of `readInput` at once. */
  readonly pieces?: () => AsyncIterable<string>;
  /** Whether standard error is a terminal that can show progress in one line. Default no. */
  readonly showsProgress?: boolean;
  /** From the first call on, Ctrl+C does not end the process but aborts the signal. Default: it never does. */
  readonly interruption?: () => AbortSignal;
}

export interface CliOptions {
  readonly terminal: Terminal;
  readonly environment: Environment;
  readonly nowMs: () => number;
  /** How the doctor reaches what it asks; tests give snapshots. */
  readonly connect?: (
    options: DoctorOptions,
    environment: Environment,
  ) => Promise<{ readonly setup: Setup; readonly connections: Connections }>;
  /** How the doctor reaches an account before there is a deployment; tests give snapshots. */
  readonly connectPreflight?: ConnectPreflight;
  /** How the commands for operators reach what they work with. */
  readonly connectOperator?: (settings: PlaceSettings) => Promise<DeploymentOperator>;
}
