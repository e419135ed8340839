import { AmbiguousSubjectError, UnknownSubjectError, UsageError, WholeNameError } from './errors.ts';

export interface Naming<T> {
  /** What a thing may be called by; the first is its whole name. */
  readonly namesOf: (thing: T) => readonly [string, ...string[]];
  /** What an empty text is said of, for example `an empty ID names no letter`. */
  readonly empty: string;
  /** What is said where nothing has the name. */
  readonly unknown: string;
  /** A beginning is not enough: what is dropped is gone for good, and the same command again must not drop another. */
  readonly whole: boolean;
}

/**
 * The one thing that a text names: by a whole name, whatever else begins so, else by a beginning that is that of no other.
 * @throws UnknownSubjectError when there is none, AmbiguousSubjectError when there are several, WholeNameError when the text is a
 *   beginning and must not be; UsageError for an empty text, which every name begins with
 */
export function oneByName<T>(all: readonly T[], text: string, naming: Naming<T>): T {
  const { namesOf, empty, unknown, whole } = naming;
  if (text === '') throw new UsageError(empty);
  const same = all.filter((thing) => namesOf(thing).includes(text));
  const found =
    same.length > 0 ? same : all.filter((thing) => namesOf(thing).some((name) => name.startsWith(text)));
  const [only] = found;
  if (only === undefined) throw new UnknownSubjectError(unknown);
  if (found.length > 1)
    throw new AmbiguousSubjectError(
      text,
      found.map((thing) => namesOf(thing)[0]),
    );
  if (whole && same.length === 0) throw new WholeNameError(text, namesOf(only)[0]);
  return only;
}
