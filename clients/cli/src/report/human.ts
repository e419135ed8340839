import type { FixOutcome } from '../application/repair.ts';
import { EXIT_CODES, exitCodeOf, hasChecked, type Diagnosis } from '../domain/diagnose.ts';
import type { LinkResult, Verdict } from '../domain/link.ts';

export interface TextStyle {
  readonly color: boolean;
  /** Columns that prose is wrapped to; commands are never broken, so that they can be copied. */
  readonly width: number;
}

const marks: Readonly<Record<Verdict, { readonly text: string; readonly color: number }>> = {
  fail: { text: 'FAIL', color: 31 },
  warn: { text: 'warn', color: 33 },
  couldNotCheck: { text: '  ? ', color: 36 },
  pass: { text: 'pass', color: 32 },
};

const INDENT = ' '.repeat(9);

/** Breaks prose at spaces; a word that is too long stands on a line of its own. */
export function wrap(text: string, width: number): readonly string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (line !== '' && line.length + 1 + word.length > width) {
      lines.push(line);
      line = word;
    } else {
      line = line === '' ? word : `${line} ${word}`;
    }
  }
  return [...lines, line];
}

/** The diagnosis for people. */
export function renderHuman(
  header: string,
  diagnosis: Diagnosis,
  fixes: readonly FixOutcome[],
  { color, width: columns }: TextStyle,
): string {
  const paint = (text: string, code: number) => (color ? `\u001B[${code}m${text}\u001B[0m` : text);
  const idWidth = Math.max(0, ...diagnosis.results.map(({ link }) => link.length));
  const lines = [header, ''];
  for (const result of diagnosis.results) lines.push(...linesOf(result));
  lines.push('', ...summary());
  return `${lines.join('\n')}\n`;

  function linesOf(result: LinkResult): readonly string[] {
    const mark = marks[result.verdict];
    const id = result.link.padEnd(idWidth);
    const width = Math.max(20, columns - INDENT.length - 2);
    const head = `  ${paint(mark.text, mark.color)}   ${id}  `;
    if (result.verdict === 'pass') return [`${head}${result.evidence.join('; ')}`];
    if (result.verdict === 'couldNotCheck')
      return [`${head}could not check: ${result.evidence.join('; ')}`, ...commands(result)];
    return [
      `${head}${paint(result.title, 1)}${result.severity === 'critical' ? paint('  (critical)', 31) : ''}`,
      ...result.evidence.flatMap((text) =>
        wrap(text, width).map((line, index) => `${INDENT}${index === 0 ? '- ' : '  '}${line}`),
      ),
      ...wrap(`why: ${result.why}`, width).map((line) => `${INDENT}${paint(line, 2)}`),
      ...commands(result),
      '',
    ];
  }

  function commands(result: LinkResult): readonly string[] {
    return result.repair.length === 0
      ? []
      : [`${INDENT}repair:`, ...result.repair.map((line) => `${INDENT}  ${paint(line, 36)}`)];
  }

  function summary(): readonly string[] {
    const count = (verdict: Verdict) => diagnosis.results.filter((one) => one.verdict === verdict).length;
    const first = diagnosis.results.find(({ verdict }) => verdict === 'fail');
    const safe = diagnosis.results.flatMap((one) => one.fixes).length;
    const warnings = count('warn');
    return [
      `${count('fail')} failed, ${warnings} warning${warnings === 1 ? '' : 's'}, ${count('pass')} passed, ${count('couldNotCheck')} could not be checked.`,
      ...(first === undefined
        ? []
        : [`The first broken link is ${first.link}; what comes after it may only follow from it.`]),
      ...(safe === 0 || fixes.length > 0
        ? []
        : [`stepcast doctor --fix can make ${safe} of the repairs itself, and asks before each.`]),
      ...fixes.map(
        ({ link, outcome, message }) => `${link}: ${outcome}${message === undefined ? '' : ` (${message})`}`,
      ),
      ...skippedLines(diagnosis),
      ...uncheckedLines(diagnosis),
    ];
  }
}

function uncheckedLines(diagnosis: Diagnosis): readonly string[] {
  if (exitCodeOf(diagnosis) !== EXIT_CODES.notAllChecked) return [];
  return [
    hasChecked(diagnosis)
      ? 'Not everything could be checked, so the exit code is 3: see the reasons above.'
      : 'Nothing could be checked: see the reasons above.',
  ];
}

function skippedLines({ skipped }: Diagnosis): readonly string[] {
  const byReason = new Map<string, string[]>();
  for (const { link, reason } of skipped) byReason.set(reason, [...(byReason.get(reason) ?? []), link]);
  return byReason.size === 0
    ? []
    : [
        '',
        'Not part of this run:',
        ...[...byReason].map(([reason, links]) => `  ${links.join(', ')}: ${reason}`),
      ];
}
