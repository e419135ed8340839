/**
 * Errors of this package. None is retryable: each says that a document, a configuration or a question is wrong, and
 * asking again changes nothing. There is no error that leads to an allow.
 */

/** A policy document that cannot be evaluated faithfully: malformed, or with an element, operator, key or variable that is not known here. Thrown when it is compiled. */
export class PolicyError extends Error {
  readonly code = 'POLICIES_DOCUMENT';
  readonly retryable = false;
  /** Name of the document, as given to `compilePolicy`. */
  readonly policy: string;
  /** Where in the document, for example `$.Statement.0.Condition.StringLike.s3:prefix`. */
  readonly path: string;
  readonly problem: string;
  constructor(policy: string, path: string, problem: string, options?: ErrorOptions) {
    super(`policy ${policy} at ${path}: ${problem}`, options);
    this.name = 'PolicyError';
    this.policy = policy;
    this.path = path;
    this.problem = problem;
  }
}

/** A configuration from which no safe documents can be built. */
export class PolicyConfigError extends Error {
  readonly code = 'POLICIES_CONFIG';
  readonly retryable = false;
  readonly field: string;
  constructor(field: string, problem: string, options?: ErrorOptions) {
    super(`policy configuration "${field}": ${problem}`, options);
    this.name = 'PolicyConfigError';
    this.field = field;
  }
}

/**
 * A question that cannot be answered: a context key that nobody knows (a misspelt key would make every
 * `ForAllValues` condition on the right one true), several values for a single-valued key, or a value that the
 * operator cannot read. It is a mistake of the program that asks; code that catches it must refuse.
 */
export class PolicyRequestError extends Error {
  readonly code = 'POLICIES_REQUEST';
  readonly retryable = false;
  constructor(problem: string, options?: ErrorOptions) {
    super(problem, options);
    this.name = 'PolicyRequestError';
  }
}
