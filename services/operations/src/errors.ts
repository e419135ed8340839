import { StepcastError } from '@stepcast/kit';

/** How the commands end. Documented in `docs/operations/cli.md`. */
export const EXIT = {
  done: 0,
  warnings: 1,
  failures: 2,
  /** The doctor could not check it; AWS, the sandbox or the broker could not be reached, or takes no more for now. */
  unreachable: 3,
  /** Nothing is known of what was named. */
  unknown: 4,
  /** What was named stands for several, or is a beginning where the whole name is needed. */
  ambiguous: 5,
  /** Stopped on the way; the last lines say how far it came and how to go on. */
  unfinished: 6,
  /** The command line cannot be used. */
  usage: 64,
  /** A file cannot be used. */
  data: 65,
  /** A fault of the command itself. */
  fault: 70,
  /** What it prints cannot be written. */
  output: 74,
  /** Rights are missing. */
  denied: 77,
  /** Ctrl+C ended it at once: 128 and the number of the signal, as shells say it. */
  interrupted: 130,
} as const;

/** What was asked for cannot be used as it is: a command line, or a request of the page. */
export class UsageError extends StepcastError {
  readonly code = 'OPERATOR_USAGE';
  readonly retryable = false;
}

/** Base of what ends a command before its end: a line for people, and an exit code of its own. */
export abstract class OperatorError extends StepcastError {
  abstract readonly exitCode: number;
  /** Lines after the first one. */
  readonly more: readonly string[];
  constructor(message: string, more: readonly string[] = [], options?: ErrorOptions) {
    super(message, options);
    this.more = more;
  }
}

/** Nothing is known of what was named. */
export class UnknownSubjectError extends OperatorError {
  readonly code = 'OPERATOR_UNKNOWN';
  readonly retryable = false;
  readonly exitCode = EXIT.unknown;
}

/** Candidates that are listed at most. */
export const MAX_CANDIDATES = 20;

/** A beginning was given, and it is that of several. */
export class AmbiguousSubjectError extends OperatorError {
  readonly code = 'OPERATOR_AMBIGUOUS';
  readonly retryable = false;
  readonly exitCode = EXIT.ambiguous;
  readonly candidates: readonly string[];
  /** @param candidates all of them, or more than are listed */
  constructor(given: string, candidates: readonly string[]) {
    const listed = candidates.slice(0, MAX_CANDIDATES);
    const several =
      listed.length === candidates.length ? String(listed.length) : `more than ${listed.length}`;
    super(
      `"${given}" stands for ${several}; give one of these in full:`,
      listed.map((one) => `  ${one}`),
    );
    this.candidates = listed;
  }
}

/** A beginning was given, where only the whole name will do: what is done cannot be undone. */
export class WholeNameError extends OperatorError {
  readonly code = 'OPERATOR_WHOLE_NAME_NEEDED';
  readonly retryable = false;
  readonly exitCode = EXIT.ambiguous;
  constructor(given: string, name: string) {
    super(`"${given}" is only a beginning; what is dropped is named in full:`, [`  ${name}`]);
  }
}

/** AWS, the sandbox or the broker could not be reached, or did not do what was asked. */
export class PlaceUnreachableError extends OperatorError {
  readonly code = 'OPERATOR_UNREACHABLE';
  readonly retryable = true;
  readonly exitCode = EXIT.unreachable;
}

/** The caller lacks a right. */
export class RightsMissingError extends OperatorError {
  readonly code = 'OPERATOR_RIGHTS_MISSING';
  readonly retryable = false;
  readonly exitCode = EXIT.denied;
}

/** The broker takes no more for now: a rate or a quota is used up. */
export class BrokerBusyError extends OperatorError {
  readonly code = 'OPERATOR_BROKER_BUSY';
  readonly retryable = true;
  readonly exitCode = EXIT.unreachable;
}

/** The broker does not take what it was asked for, whatever the rights, and however often it is asked. */
export class BrokerRefusedError extends OperatorError {
  readonly code = 'OPERATOR_BROKER_REFUSED';
  readonly retryable = false;
  readonly exitCode = EXIT.denied;
}

/** A file, an item or a message does not have the form that this version reads. */
export class DataInvalidError extends OperatorError {
  readonly code = 'OPERATOR_DATA_INVALID';
  readonly retryable = false;
  readonly exitCode = EXIT.data;
}

/** The command stopped on the way. What it did before stays done. */
export class UnfinishedError extends OperatorError {
  readonly code = 'OPERATOR_UNFINISHED';
  readonly retryable = true;
  readonly exitCode = EXIT.unfinished;
}
