import { DataProblem } from '../data/problems.ts';
import { byteLength, MAX_DATA_BYTES, textOfJson, type JsonObject } from '../json.ts';

/** All variables of an execution together, in bytes of their JSON. A hard quota of Step Functions. */
export const MAX_VARIABLES_BYTES = 10 * 1024 * 1024;

/**
 * The variables of one machine: the outermost, a branch, an iteration. Those of the machines around it can be read and not
 * written; when the machine ends its own are gone.
 */
export class Variables {
  readonly #outer: Variables | undefined;
  readonly #total: { bytes: number };
  #own: JsonObject = {};

  constructor(outer?: Variables) {
    this.#outer = outer;
    this.#total = outer === undefined ? { bytes: 0 } : outer.#total;
  }

  /** Everything that can be read here, by name. */
  all(): JsonObject {
    return this.#outer === undefined ? this.#own : { ...this.#outer.all(), ...this.#own };
  }

  /** What this machine itself has set. */
  get own(): JsonObject {
    return this.#own;
  }

  /** @throws DataProblem when the values are larger than Step Functions allows */
  assign(values: JsonObject): void {
    const bytes = byteLength(textOfJson(values));
    if (bytes > MAX_DATA_BYTES)
      throw tooLarge(`The variables of one Assign field exceed ${MAX_DATA_BYTES} bytes.`);
    const replaced = Object.fromEntries(
      Object.entries(this.#own).filter(([name]) => Object.hasOwn(values, name)),
    );
    const total = this.#total.bytes + bytes - byteLength(textOfJson(replaced));
    if (total > MAX_VARIABLES_BYTES)
      throw tooLarge(`The variables of the execution exceed ${MAX_VARIABLES_BYTES} bytes.`);
    this.#total.bytes = total;
    this.#own = { ...this.#own, ...values };
  }

  /** To be called when the machine has ended. */
  drop(): void {
    this.#total.bytes -= byteLength(textOfJson(this.#own));
    this.#own = {};
  }
}

function tooLarge(text: string): DataProblem {
  return new DataProblem(text, 'States.DataLimitExceeded');
}
