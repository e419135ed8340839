/** What is given up, and why. */
export interface GivenUp {
  readonly code: string;
  readonly reason: string;
  readonly executionArn?: string | undefined;
  readonly original?: string | undefined;
}

/** Port: where the operators look. */
export interface DeadLetters {
  send(letters: readonly GivenUp[]): Promise<void>;
}
