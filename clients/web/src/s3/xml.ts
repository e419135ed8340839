/*
 * What is read of S3's XML: elements without attributes that hold text or elements of other names. A parser for that much is
 * shorter than a dependency, and workers and Node have no DOMParser.
 */

/** The text of the first element of a name; undefined when there is none. */
export function textOf(xml: string, name: string): string | undefined {
  const inner = innerOf(xml, name, 0);
  return inner === undefined ? undefined : unescaped(inner.text);
}

/** The contents of all elements of a name, in order. */
export function elementsOf(xml: string, name: string): string[] {
  const found: string[] = [];
  for (let at = 0; ;) {
    const inner = innerOf(xml, name, at);
    if (inner === undefined) return found;
    found.push(inner.text);
    at = inner.end;
  }
}

function innerOf(xml: string, name: string, from: number): { text: string; end: number } | undefined {
  const open = `<${name}>`;
  const start = xml.indexOf(open, from);
  if (start < 0) return undefined;
  const end = xml.indexOf(`</${name}>`, start);
  return end < 0 ? undefined : { text: xml.slice(start + open.length, end), end };
}

const entities: Readonly<Record<string, string>> = {
  '&lt;': '<',
  '&gt;': '>',
  '&quot;': '"',
  '&apos;': "'",
  '&#34;': '"',
  '&#39;': "'",
  '&amp;': '&',
};

function unescaped(text: string): string {
  return text.replace(/&(?:lt|gt|quot|apos|amp|#34|#39);/g, (entity) => entities[entity] ?? entity);
}

/** A text as the content of an element. */
export function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
