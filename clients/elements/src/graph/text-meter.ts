import { namePieces } from '../model/words.ts';

/** Sizes of text that the drawing has. */
export type TextKind = 'title' | 'note';

const FONTS: Readonly<Record<TextKind, { readonly style: string; readonly wide: number }>> = {
  title: { style: '550 13px', wide: 7.4 },
  note: { style: '400 11px', wide: 6.2 },
};

/** How wide text is, and what of it fits. SVG neither wraps nor cuts. */
export class TextMeter {
  readonly #context: CanvasRenderingContext2D | null;
  readonly #family: string;
  readonly #widths = new Map<string, number>();

  /** @param context of a canvas that nobody sees; null where there is none: then widths are estimated */
  constructor(context: CanvasRenderingContext2D | null, family: string) {
    this.#context = context;
    this.#family = family;
  }

  width(text: string, kind: TextKind): number {
    const key = `${kind}${text}`;
    const known = this.#widths.get(key);
    if (known !== undefined) return known;
    if (this.#widths.size > 5_000) this.#widths.clear();
    const width = this.#measure(text, kind);
    this.#widths.set(key, width);
    return width;
  }

  /** The text, or as much of its beginning as fits, and an ellipsis. */
  fit(text: string, width: number, kind: TextKind): string {
    if (this.width(text, kind) <= width) return text;
    let length = text.length - 1;
    while (length > 1 && this.#measure(`${text.slice(0, length)}…`, kind) > width) length -= 1;
    return `${text.slice(0, length).trimEnd()}…`;
  }

  /** The text in up to two lines, broken between its words, or inside of a name between the words that it is made of. */
  lines(text: string, width: number, kind: TextKind): readonly string[] {
    if (this.width(text, kind) <= width) return [text];
    const pieces = text.split(/(?<=\s)/).flatMap(namePieces);
    let first = '';
    for (const piece of pieces) {
      if (this.#measure((first + piece).trimEnd(), kind) > width) break;
      first += piece;
    }
    if (first === '') return [this.fit(text, width, kind)];
    return [first.trimEnd(), this.fit(text.slice(first.length), width, kind)];
  }

  #measure(text: string, kind: TextKind): number {
    const { style, wide } = FONTS[kind];
    if (this.#context === null) return text.length * wide;
    this.#context.font = `${style} ${this.#family}`;
    return this.#context.measureText(text).width;
  }
}
