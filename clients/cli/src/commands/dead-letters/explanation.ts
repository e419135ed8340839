import { dirname, resolve } from 'node:path';
import { anchorOfCode, linksIn, withoutLinks, type ExplainedCode } from '@stepcast/operations';
import { findRunbook } from '../../adapters/documents.adapter.ts';

/** Where in a document something stands. */
interface Place {
  /** Absolute path of a Markdown file that came with the command. */
  readonly path: string;
  /** Anchor of the heading, without `#`; null: the whole document. */
  readonly anchor: string | null;
}

/** An explanation for programs: words without links, and where the links lead. */
export interface ExplanationJson extends ExplainedCode {
  /** The section of the runbook that has the same words; null where the documents were left out. */
  readonly runbook: (Place & { readonly heading: string }) | null;
  readonly links: readonly (Place & { readonly text: string })[];
}

export function explanationJson(
  explained: ExplainedCode,
  runbook: string | undefined = findRunbook(),
): ExplanationJson {
  const { code, kind, what, look, mend } = explained;
  return {
    code,
    kind,
    what: withoutLinks(what),
    look: withoutLinks(look),
    mend: withoutLinks(mend),
    runbook: runbook === undefined ? null : { path: runbook, heading: code, anchor: anchorOfCode(code) },
    links:
      runbook === undefined
        ? []
        : linksIn(explained).map(({ text, target }) => ({ text, ...placeOf(target, runbook) })),
  };
}

function placeOf(target: string, runbook: string): Place {
  const [file = '', anchor = ''] = target.split('#', 2);
  return {
    path: file === '' ? runbook : resolve(dirname(runbook), file),
    anchor: anchor === '' ? null : anchor,
  };
}
