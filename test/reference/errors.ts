import ts from 'typescript';
import { CODES_WITHOUT_CLASS } from './codes-without-class.ts';
import { code as inCode, GENERATED, table } from './markdown.ts';
import { descendants, docstring, firstSentence, type Sources } from './sources.ts';

interface Documented {
  readonly code: string;
  readonly again: string;
  readonly meaning: string;
  readonly files: ReadonlySet<string>;
}

const shape = /^[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+$/;
const areaOf = (code: string) => code.slice(0, code.indexOf('_'));

const INTRODUCTION = `# Error codes

Every error of Stepcast has a code, \`AREA_REASON\`. The second column says whether the same call can succeed later without anybody
changing anything; "by cause" means that the error itself says so, in \`retryable\`.`;

/**
 * Every error code, whether trying again helps, what it means and where it is made.
 * @param problems gets a line for each code that nothing explains
 */
export function errorsDocument(sources: Sources, problems: string[]): string {
  const classes = codesOfClasses(sources, problems);
  const areas = new Set([...classes.keys()].map(areaOf));
  const made = codesWithoutClass(sources, areas);
  const all = new Map(classes);
  for (const [one, files] of made) {
    const known = all.get(one);
    const described = CODES_WITHOUT_CLASS.get(one);
    if (known !== undefined) all.set(one, { ...known, files: new Set([...known.files, ...files]) });
    else if (described !== undefined) all.set(one, { code: one, ...described, files });
    else
      problems.push(
        `${one} (${[...files].join(', ')}): say what it means in test/reference/codes-without-class.ts`,
      );
  }
  for (const one of CODES_WITHOUT_CLASS.keys())
    if (!made.has(one))
      problems.push(`${one}: no source makes it; take it out of test/reference/codes-without-class.ts`);
  const rows = [...all.values()]
    .sort((one, other) => (one.code < other.code ? -1 : 1))
    .map(({ code, again, meaning, files }) => [
      inCode(code),
      again,
      meaning,
      [...files].map((file) => `[${file}](../../${file})`).join('<br>'),
    ]);
  return `${GENERATED}\n\n${INTRODUCTION}\n\n${table(['code', 'try again?', 'meaning', 'made in'], rows)}\n`;
}

function codesOfClasses(sources: Sources, problems: string[]): Map<string, Documented> {
  const found = new Map<string, Documented>();
  for (const node of sources.files.flatMap((file) => [...descendants(file)])) {
    if (!ts.isClassDeclaration(node)) continue;
    const file = sources.pathOf(node);
    for (const code of literalsOf(propertyOf(node, 'code'))) {
      const text = docstring(node);
      const meaning = text === undefined ? '' : firstSentence(text);
      if (!/[.!?)]$/.test(meaning))
        problems.push(
          `${code} (${file}): the docstring of the class has no whole first sentence: "${meaning}"`,
        );
      found.set(code, {
        code,
        again: againOf(sources.checker, node),
        meaning,
        files: new Set([...(found.get(code)?.files ?? []), file]),
      });
    }
  }
  return found;
}

function propertyOf(node: ts.ClassLikeDeclaration, name: string): ts.PropertyDeclaration | undefined {
  return node.members.filter(ts.isPropertyDeclaration).find((one) => one.name.getText() === name);
}

/** The codes that stand in a property: as its value, or in its type where several share a class. */
function literalsOf(node: ts.Node | undefined): string[] {
  return node === undefined
    ? []
    : [...descendants(node)].flatMap((one) =>
        ts.isStringLiteralLike(one) && shape.test(one.text) ? [one.text] : [],
      );
}

/** What `retryable` is in the class, or in the nearest class above that sets it. */
function againOf(checker: ts.TypeChecker, node: ts.ClassLikeDeclaration): string {
  const set = propertyOf(node, 'retryable')?.initializer;
  if (set?.kind === ts.SyntaxKind.TrueKeyword) return 'yes';
  if (set?.kind === ts.SyntaxKind.FalseKeyword) return 'no';
  const own = node.members.some((member) => member.name?.getText() === 'retryable');
  const above = node.heritageClauses?.flatMap(({ types }) => types).at(0);
  const base = above === undefined ? undefined : checker.getTypeAtLocation(above).symbol.valueDeclaration;
  return !own && base !== undefined && ts.isClassDeclaration(base) ? againOf(checker, base) : 'by cause';
}

/** Codes that are given as a value, to a dead letter, a log line or a reply, and where. */
function codesWithoutClass(sources: Sources, areas: ReadonlySet<string>): Map<string, Set<string>> {
  const found = new Map<string, Set<string>>();
  for (const node of sources.files.flatMap((file) => [...descendants(file)])) {
    if (!ts.isStringLiteralLike(node) || !shape.test(node.text) || !areas.has(areaOf(node.text))) continue;
    if (isGivenAsCode(sources.checker, node))
      found.set(node.text, (found.get(node.text) ?? new Set()).add(sources.pathOf(node)));
  }
  return found;
}

const namesCode = (name: string) => /code$/i.test(name);

function isGivenAsCode(checker: ts.TypeChecker, literal: ts.Expression): boolean {
  let node: ts.Expression = literal;
  let { parent } = node;
  while (
    ts.isConditionalExpression(parent) ||
    ts.isParenthesizedExpression(parent) ||
    ts.isAsExpression(parent) ||
    (ts.isBinaryExpression(parent) && parent.operatorToken.kind === ts.SyntaxKind.QuestionQuestionToken)
  ) {
    node = parent;
    ({ parent } = node);
  }
  if (ts.isPropertyAssignment(parent) || ts.isVariableDeclaration(parent))
    return namesCode(parent.name.getText());
  if (ts.isReturnStatement(parent) || ts.isArrowFunction(parent)) return true;
  if (!ts.isCallExpression(parent) && !ts.isNewExpression(parent)) return false;
  const index = parent.arguments?.indexOf(node) ?? -1;
  const parameter = checker.getResolvedSignature(parent)?.parameters[index];
  return parameter !== undefined && namesCode(parameter.name);
}
