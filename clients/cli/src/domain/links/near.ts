/** Edits that turn one text into the other (Levenshtein). */
export function distance(one: string, other: string): number {
  const [left, right] = [Array.from(one), Array.from(other)];
  let row = Array.from({ length: right.length + 1 }, (_, index) => index);
  for (const [i, a] of left.entries()) {
    const next = [i + 1];
    for (const [j, b] of right.entries()) {
      next.push(Math.min((next[j] ?? 0) + 1, (row[j + 1] ?? 0) + 1, (row[j] ?? 0) + (a === b ? 0 : 1)));
    }
    row = next;
  }
  return row.at(-1) ?? 0;
}

/** What was probably meant: the same but for case, or few letters away; `undefined` when nothing is near. */
export function nearest(text: string, candidates: readonly string[]): string | undefined {
  const sameLetters = candidates.find((one) => one.toLowerCase() === text.toLowerCase());
  if (sameLetters !== undefined) return sameLetters;
  const [best] = candidates
    .map((candidate) => ({ candidate, edits: distance(text.toLowerCase(), candidate.toLowerCase()) }))
    .toSorted((a, b) => a.edits - b.edits);
  return best !== undefined && best.edits <= Math.max(2, Math.floor(text.length / 5))
    ? best.candidate
    : undefined;
}
