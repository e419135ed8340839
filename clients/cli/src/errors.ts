import { StepcastError } from '@stepcast/kit';

export { UsageError } from '@stepcast/operations';

/** `--endpoint` leads to no sandbox. */
export class SandboxUnreachableError extends StepcastError {
  readonly code = 'CLI_SANDBOX_UNREACHABLE';
  readonly retryable = true;
  constructor(url: string, reason: string, options?: ErrorOptions) {
    super(
      `no sandbox answers at ${url} (${reason}); start one with "npm start", or leave --endpoint out`,
      options,
    );
  }
}

/** A settings file is not as it was when it was read, so nothing is written into it. */
export class SettingsChangedError extends StepcastError {
  readonly code = 'CLI_SETTINGS_CHANGED';
  readonly retryable = true;
  constructor(path: string, line: number, name: string) {
    super(`${path} line ${line} does not set ${name} any more; nothing was written, run the doctor again`);
  }
}
