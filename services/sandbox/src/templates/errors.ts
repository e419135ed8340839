import { StepcastError } from '@stepcast/kit';

/** `--cdk`, `--sam` or `--serverless` finds no state machine. The message says where it searched, what is wrong and what to do. */
export class TemplateError extends StepcastError {
  readonly code = 'SANDBOX_TEMPLATE_UNUSABLE';
  readonly retryable = false;
}
