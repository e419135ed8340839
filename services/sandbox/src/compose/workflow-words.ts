import { outlineOf, parseJson, type WorkflowOutline } from '@stepcast/contracts';
import * as z from 'zod';

/** How a page may speak of the workflow that runs. */
export interface WorkflowWords {
  /** `Word count` */
  readonly name: string;
  /** What it does, in a sentence of its author; empty where the definition has no `Comment`. */
  readonly about: string;
  /** What a picker of files offers first, as the attribute `accept` takes it; empty for any file. */
  readonly accept: string;
  /** Whether it is the photo pipeline that comes with the sandbox, for which there are sample files. */
  readonly isExample: boolean;
  /** What a picture of it is drawn from: names, types and edges. Null where it is too large for one. */
  readonly outline: WorkflowOutline | null;
}

const Commented = z.looseObject({ Comment: z.string().optional() });

/** Longer than that is no title. */
const MAX_ABOUT = 160;

/**
 * Takes the words from a definition: its name, the first sentence of its `Comment`, and what follows `Accepts:` in it, for
 * example `Counts the words of a text. Accepts: .txt, text/plain`.
 * @param name of the file or of the state machine
 */
export function workflowWords(definition: string, name: string, isExample: boolean): WorkflowWords {
  const parsed = parseJson(Commented, definition);
  const comment = parsed.ok ? (parsed.value.Comment ?? '') : '';
  const outline = outlineOf(parsed.ok ? parsed.value : {});
  return {
    name: spoken(name),
    about: firstSentence(comment),
    accept: acceptedIn(comment),
    isExample,
    outline: outline.ok ? outline.outline : null,
  };
}

/** `word-count.asl.json` and `WordCount` as `Word count`. */
function spoken(name: string): string {
  const bare = (name.split(/[/\\]/).at(-1) ?? name).split('.')[0] ?? name;
  const words = bare
    .replace(/([a-z0-9])([A-Z])/g, '$1 $2')
    .split(/[-_\s]+/)
    .filter((word) => word !== '')
    // All capitals are an abbreviation.
    .map((word) => (word === word.toUpperCase() ? word : word.toLowerCase()))
    .join(' ');
  return words === '' ? 'Your workflow' : words.charAt(0).toUpperCase() + words.slice(1);
}

function firstSentence(comment: string): string {
  const text = comment.split('Accepts:', 1)[0]?.trim().replaceAll(/\s+/g, ' ') ?? '';
  const end = text.indexOf('. ');
  const sentence = end < 0 ? text : text.slice(0, end + 1);
  return sentence.length > MAX_ABOUT ? `${sentence.slice(0, MAX_ABOUT - 1).trimEnd()}…` : sentence;
}

const typeOrEnding = /^(?:\.[\w-]{1,20}|[\w.+-]{1,60}\/[\w.+*-]{1,60})$/;

function acceptedIn(comment: string): string {
  const [, list = ''] = comment.split('Accepts:', 2);
  const accepted: string[] = [];
  for (const word of list.split(/[\s,]+/)) {
    if (word === '') continue;
    const bare = word.replace(/[.;]$/, '');
    if (!typeOrEnding.test(bare)) break;
    accepted.push(bare);
  }
  return accepted.join(',');
}
