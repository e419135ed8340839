/** `key: "…`, `key: [`, `- '…`: a value in quotes or brackets, after its key. */
const opening =
  /^([ ]*)(?:- {1,20}){0,10}(?:[^\s#"'[{][^#"'[{]{0,200}:\s{1,20})?(?:![A-Za-z]{1,50} )?(?=["'[{])/;

/**
 * Indents what goes over lines in quotes and brackets deeper than its key, as YAML asks for. In quotes and brackets spaces at the
 * beginning of a line mean nothing, so the values are the same.
 */
export function indentValues(text: string): string {
  let open: string[] = [];
  let indent = '';
  return text
    .split('\n')
    .map((line) => {
      if (open.length > 0) {
        open = openAfter(line, open);
        return line.trim() === '' ? line : `${indent}  ${line.trimStart()}`;
      }
      const [found, spaces] = opening.exec(line) ?? [];
      if (found === undefined) return line;
      indent = spaces ?? '';
      open = openAfter(line.slice(found.length), []);
      return line;
    })
    .join('\n');
}

/** The quote and the brackets that are open at the end of a line. */
function openAfter(line: string, before: readonly string[]): string[] {
  const open = [...before];
  for (let at = 0; at < line.length; at += 1) {
    const char = line.charAt(at);
    const last = open.at(-1);
    if (last === '"' || last === "'") {
      if (last === '"' && char === '\\') at += 1;
      else if (char === last) open.pop();
    } else if ('"\'[{'.includes(char)) open.push(char);
    else if (char === ']' || char === '}') open.pop();
    else if (char === '#' && (at === 0 || line.charAt(at - 1) === ' ')) break;
  }
  return open;
}
