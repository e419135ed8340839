/** The last characters of a text that grows: bounded memory for the output of a process that may write for ever. */
export class TextTail {
  readonly #limit: number;
  #text = '';

  /** @param limit most characters that stay */
  constructor(limit: number) {
    this.#limit = limit;
  }

  get text(): string {
    return this.#text.length > this.#limit ? this.#text.slice(-this.#limit) : this.#text;
  }

  add(text: string): void {
    this.#text += text;
    // Not at each addition: a cut copies all of it.
    if (this.#text.length > 2 * this.#limit) this.#text = this.#text.slice(-this.#limit);
  }
}
