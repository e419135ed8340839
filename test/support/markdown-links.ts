import { posix } from 'node:path';

/** A link of a document that leads nowhere. */
export interface BrokenLink {
  readonly file: string;
  readonly target: string;
  readonly why: 'no such file' | 'no such heading';
}

const FENCE = /^ {0,3}(`{3,}|~{3,})/;
const HEADING = /^#{1,6} +(.+)$/;

/** The lines of a document that are not code. */
function prose(text: string): string[] {
  let fence: string | undefined;
  const lines: string[] = [];
  for (const line of text.split('\n')) {
    const mark = FENCE.exec(line)?.[1];
    if (fence === undefined && mark === undefined) lines.push(line);
    else if (fence === undefined) fence = mark;
    else if (mark?.startsWith(fence) === true) fence = undefined;
  }
  return lines;
}

/** The anchors of a document, by GitHub's rule: lower case, no punctuation, hyphens for spaces, numbers for repeats. */
export function anchorsOf(text: string): ReadonlySet<string> {
  const seen = new Map<string, number>();
  const anchors = new Set<string>();
  for (const line of prose(text)) {
    const heading = HEADING.exec(line)?.[1];
    if (heading === undefined) continue;
    const visible = heading.replaceAll(/\[([^\]]*)\]\([^)]*\)/g, '$1').trim();
    const slug = visible
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N}\p{M} _-]/gu, '')
      .replaceAll(' ', '-');
    const count = seen.get(slug) ?? 0;
    seen.set(slug, count + 1);
    anchors.add(count === 0 ? slug : `${slug}-${count}`);
  }
  return anchors;
}

/** The targets of inline links and images, code left out. */
export function linksOf(text: string): string[] {
  return prose(text).flatMap((line) =>
    [...line.replaceAll(/`[^`]*`/g, 'code').matchAll(/\]\(<?([^()\s<>]+)>?(?: "[^"]*")?\)/g)].map(
      ([, target = '']) => target,
    ),
  );
}

/**
 * Checks every relative link, and every anchor that leads into a document. Links with a scheme are not followed.
 * @param documents Markdown by path from the root, with `/`
 * @param exists whether the repository has a file or folder of that path
 */
export function brokenLinks(
  documents: ReadonlyMap<string, string>,
  exists: (path: string) => boolean,
): BrokenLink[] {
  const broken: BrokenLink[] = [];
  for (const [file, text] of documents) {
    for (const target of linksOf(text)) {
      if (/^[a-z][a-z0-9+.-]*:/i.test(target)) continue;
      const [path = '', anchor] = target.split('#', 2);
      const there = path === '' ? file : posix.join(posix.dirname(file), decodeURIComponent(path));
      const found = documents.get(there);
      if (found === undefined && !exists(there)) broken.push({ file, target, why: 'no such file' });
      else if (found !== undefined && anchor !== undefined && !anchorsOf(found).has(anchor))
        broken.push({ file, target, why: 'no such heading' });
    }
  }
  return broken;
}
