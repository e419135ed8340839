/** Where a canary is put in. */
export type CanaryKind =
  /** In inputs of the workflow and its states. */
  | 'input'
  /** In outputs. */
  | 'output'
  /** In object keys. */
  | 'key'
  /** In HTTP headers and object metadata. */
  | 'header'
  /** In the first line of an error's message, which people may read. */
  | 'errorline'
  /** In all else that an error has: further lines, its stack. */
  | 'errorrest'
  /** In messages that no service can read. */
  | 'poison';

/** Where it is searched for. */
export type CanaryPlace =
  | 'log'
  | 'metrics'
  | 'message'
  | 'journal'
  /** What a dead letter says by itself: code, reason, service. */
  | 'deadLetter'
  /** The message that a dead letter carries, as it came. */
  | 'deadLetterOriginal';

export interface CanaryFound {
  readonly kind: string;
  readonly place: CanaryPlace;
  /** Which log, topic or page. */
  readonly where: string;
  /** Some characters around it. */
  readonly excerpt: string;
}

/** What the contract lets through: a key names its upload to its owner, an error's first line is for people. */
const ALLOWED: Readonly<Record<CanaryPlace, readonly string[]>> = {
  log: [],
  metrics: [],
  message: ['key', 'errorline'],
  journal: ['key', 'errorline'],
  deadLetter: [],
  deadLetterOriginal: ['poison'],
};

const WORD = 'stepcanary';
const PLAIN = /stepcanary-([a-z]+)-[0-9a-z]+/g;
/** How the word stands in Base64 at each of the three alignments, without the characters that neighbours decide. */
const ENCODED = [0, 1, 2].map((shift) => {
  const text = Buffer.from(`${'x'.repeat(shift)}${WORD}`)
    .toString('base64')
    .replace(/=+$/, '');
  return text.slice(Math.ceil((shift * 8) / 6), -1);
});
const EXCERPT = 60;

/** Makes canaries, texts that occur nowhere by themselves, and finds those that got out. */
export class Canaries {
  readonly #run: string;
  #made = 0;

  /** @param run letters and digits that no other run has */
  constructor(run: string) {
    if (!/^[0-9a-z]+$/.test(run)) throw new TypeError('a run is named by lower-case letters and digits');
    this.#run = run;
  }

  make(kind: CanaryKind): string {
    this.#made += 1;
    return `${WORD}-${kind}-${this.#run}x${this.#made.toString(36)}`;
  }
}

/** Every canary in `text` that may not be in such a place. */
export function findCanaries(place: CanaryPlace, where: string, text: string): CanaryFound[] {
  const found: CanaryFound[] = [];
  const report = (kind: string, at: number) =>
    found.push({ kind, place, where, excerpt: text.slice(Math.max(0, at - EXCERPT), at + EXCERPT) });
  for (const match of text.matchAll(PLAIN))
    if (!ALLOWED[place].includes(match[1] ?? '')) report(match[1] ?? '', match.index);
  // A dead letter carries a payload as it came, compressed and encoded.
  if (place !== 'deadLetterOriginal')
    for (const fragment of ENCODED) {
      const at = text.indexOf(fragment);
      if (at >= 0) report('encoded', at);
    }
  return found;
}
