/** The texts between the stars of a pattern, with what was escaped. */
function piecesOf(pattern: string): readonly string[] {
  const pieces: string[] = [];
  let piece = '';
  for (let at = 0; at < pattern.length; at += 1) {
    const character = pattern.charAt(at);
    const next = pattern.charAt(at + 1);
    if (character === '\\' && (next === '\\' || next === '*')) {
      piece += next;
      at += 1;
    } else if (character === '*') {
      pieces.push(piece);
      piece = '';
    } else piece += character;
  }
  return [...pieces, piece];
}

/**
 * Whether a text is what a pattern of `StringMatches` says: `*` is any run of characters, `\\*` a star, `\\\\` a
 * backslash. Each piece is searched for once, from where the one before it ended: no pattern has the text tried again.
 */
export function matchesWildcards(pattern: string, text: string): boolean {
  const [first = '', ...others] = piecesOf(pattern);
  const last = others.pop();
  if (last === undefined) return text === first;
  if (!text.startsWith(first)) return false;
  let at = first.length;
  for (const piece of others) {
    const found = text.indexOf(piece, at);
    if (found < 0) return false;
    at = found + piece.length;
  }
  return text.length - last.length >= at && text.endsWith(last);
}
