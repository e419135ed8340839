/** What an error message means. */
export interface Explanation {
  /** Stable; `unknown` when the text is none that is known. */
  readonly code: string;
  readonly known: boolean;
  readonly title: string;
  readonly cause: string;
  /** What the message itself tells: who, what, on what. */
  readonly details: readonly string[];
  readonly check: readonly string[];
  /** Commands, or lines that begin with `# `. */
  readonly repair: readonly string[];
}

/** Reads one kind of message; `undefined` when the text is of another kind. */
export type Decoder = (text: string) => Explanation | undefined;
