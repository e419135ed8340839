import { s3Error } from './errors.ts';

/** One element of a small document: S3's request bodies have no attributes that matter, no mixed content. */
export interface XmlElement {
  readonly name: string;
  readonly text: string;
  readonly children: readonly XmlElement[];
}

const entities: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" };

function unescape(text: string): string {
  return text.replace(/&(#x[0-9a-fA-F]{1,6}|#\d{1,7}|[a-z]+);/g, (_whole, name: string) => {
    if (!name.startsWith('#')) {
      const value = entities[name];
      if (value === undefined) throw s3Error('MalformedXML', `Unknown entity ${name}.`);
      return value;
    }
    const code = name.startsWith('#x') ? Number.parseInt(name.slice(2), 16) : Number(name.slice(1));
    if (code > 0x10ffff) throw s3Error('MalformedXML', 'A character reference is out of range.');
    return String.fromCodePoint(code);
  });
}

/** A name ends where its attributes begin, so that each character is read once. */
const token = /<\?[^>]*\?>|<!--[\s\S]*?-->|<(\/?)([A-Za-z_][\w.-]*)((?:[\s/][^<>]*)?)>|([^<]+)|(<)/gy;

interface Open {
  readonly name: string;
  text: string;
  readonly children: XmlElement[];
}

/**
 * Reads a document of elements and text. Attributes are read over; doctypes, CDATA and processing instructions other
 * than the declaration are refused, so nothing can be expanded or included.
 * @throws AwsError `MalformedXML`
 */
export function parseXml(source: string): XmlElement {
  const top: Open = { name: '', text: '', children: [] };
  const open: Open[] = [top];
  for (const match of source.matchAll(token)) {
    const [whole, closing, name, attributes = '', text, stray] = match;
    const current = open.at(-1) ?? top;
    if (stray !== undefined) throw s3Error('MalformedXML');
    if (text !== undefined) current.text += unescape(text);
    else if (name !== undefined && closing === '/') {
      if (current.name !== name || current === top)
        throw s3Error('MalformedXML', `</${name}> closes nothing.`);
      open.pop();
      open.at(-1)?.children.push(current);
    } else if (name !== undefined) {
      if (attributes.endsWith('/')) current.children.push({ name, text: '', children: [] });
      else if (open.length > 16) throw s3Error('MalformedXML', 'Too deep.');
      else open.push({ name, text: '', children: [] });
    } else if (!whole.startsWith('<?xml') && !whole.startsWith('<!--')) throw s3Error('MalformedXML');
  }
  const [root, ...more] = top.children;
  if (open.length !== 1 || root === undefined || more.length > 0) throw s3Error('MalformedXML');
  return root;
}

export function childText(element: XmlElement, name: string): string | undefined {
  return element.children.find((child) => child.name === name)?.text;
}

export function escapeXml(text: string): string {
  // XML 1.0 cannot hold most control characters; S3 writes them as references all the same.
  return text.toWellFormed().replace(/[&<>"\p{Cc}]/gu, (char) => {
    switch (char) {
      case '&':
        return '&amp;';
      case '<':
        return '&lt;';
      case '>':
        return '&gt;';
      case '"':
        return '&quot;';
      default:
        return `&#x${char.codePointAt(0)?.toString(16) ?? '0'};`;
    }
  });
}

export type XmlValue = string | number | boolean | undefined | readonly XmlNode[];
export type XmlNode = readonly [name: string, value: XmlValue];

function element([name, value]: XmlNode): string {
  if (value === undefined) return '';
  const inner = typeof value === 'object' ? value.map(element).join('') : escapeXml(String(value));
  return `<${name}>${inner}</${name}>`;
}

/** A document of S3. Elements whose value is undefined are left out. */
export function xmlDocument(name: string, nodes: readonly XmlNode[]): string {
  return (
    '<?xml version="1.0" encoding="UTF-8"?>\n' +
    `<${name} xmlns="http://s3.amazonaws.com/doc/2006-03-01/">${nodes.map(element).join('')}</${name}>`
  );
}
