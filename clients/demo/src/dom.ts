import { namePieces } from '@stepcast/elements/model';

type Child = Node | string;

/** Makes an element. `class` and `aria-*` go by attribute name; `on` holds event listeners. */
export function el<Tag extends keyof HTMLElementTagNameMap>(
  tag: Tag,
  attributes: Readonly<Record<string, string | boolean>> = {},
  ...children: Child[]
): HTMLElementTagNameMap[Tag] {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === true) element.setAttribute(name, '');
    else if (value !== false) element.setAttribute(name, value);
  }
  element.append(...children);
  return element;
}

/** A button that does something, with its words. */
export function button(words: string, className: string, onClick: () => void): HTMLButtonElement {
  const element = el('button', { type: 'button', class: className }, words);
  element.addEventListener('click', onClick);
  return element;
}

const svgNamespace = 'http://www.w3.org/2000/svg';

const paths = {
  waiting: 'M8 4.500v3.800l2.400 1.600M8 14a6 6 0 1 0 0-12 6 6 0 0 0 0 12Z',
  late: 'M8 4.500v3.800l2.400 1.600M8 14a6 6 0 1 0 0-12 6 6 0 0 0 0 12Z',
  active: 'M14 8a6 6 0 1 1-6-6',
  retrying: 'M13.500 8a5.500 5.500 0 1 1-1.700-4M13.500 1.800v3h-3',
  done: 'M3 8.500l3.300 3.300L13 4.800',
  failed: 'M4 4l8 8M12 4l-8 8',
  stopped: 'M3.500 8h9',
  file: 'M4 1.800h5.200L12 4.600v9.600H4V1.800ZM9 2v3h3',
} as const;

export type IconName = keyof typeof paths;

/** A line drawing of 16 × 16; decoration, always beside words. */
export function icon(name: IconName): SVGSVGElement {
  const svg = document.createElementNS(svgNamespace, 'svg');
  svg.setAttribute('viewBox', '0 0 16 16');
  svg.setAttribute('aria-hidden', 'true');
  svg.setAttribute('class', `icon icon-${name}`);
  const path = document.createElementNS(svgNamespace, 'path');
  path.setAttribute('d', paths[name]);
  svg.append(path);
  return svg;
}

/** Changes a text only when it is another, so that nothing is announced or laid out twice. */
export function setText(element: HTMLElement, text: string): void {
  if (element.textContent !== text) element.textContent = text;
}

/** As `setText`, for names that may be one long word: a line breaks between the words that they are made of. */
export function setName(element: HTMLElement, name: string): void {
  if (element.textContent === name) return;
  element.replaceChildren(
    ...namePieces(name).flatMap((piece, index) => (index === 0 ? [piece] : [el('wbr'), piece])),
  );
}

/** Sets or removes an attribute, only when that changes something. */
export function setAttribute(element: HTMLElement, name: string, value: string | undefined): void {
  if (value === undefined) element.removeAttribute(name);
  else if (element.getAttribute(name) !== value) element.setAttribute(name, value);
}
