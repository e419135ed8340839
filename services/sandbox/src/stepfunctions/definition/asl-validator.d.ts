declare module 'asl-validator' {
  interface ValidatorError {
    readonly 'Error code': string;
    readonly Message: string;
  }
  interface ValidatorResult {
    readonly isValid: boolean;
    readonly errors: readonly ValidatorError[];
    errorsText(separator?: string): string;
  }
  /** Adds `QueryLanguage` to the states of the definition that it is given: hand it a copy. */
  function validate(
    definition: unknown,
    options?: { readonly checkPaths: boolean; readonly checkArn: boolean },
  ): ValidatorResult;
  export = validate;
}
