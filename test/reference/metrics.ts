import ts from 'typescript';
import { constantOf, NotConstant } from './constants.ts';
import { code, GENERATED, table } from './markdown.ts';
import { descendants, packageOf, type Sources } from './sources.ts';

const TYPES = ['counter', 'gauge', 'histogram'] as const;

const INTRODUCTION = `# Metrics

Every service serves these as Prometheus text at \`/metrics\` of its health port. Labels have few values each, never an identity, a
key or an ARN.`;

interface Metric {
  readonly name: string;
  readonly type: string;
  readonly help: string;
  readonly labels: readonly string[];
}

/**
 * Every metric: name, type, help and labels.
 * @param problems gets a line for each metric that is not made of constants
 */
export function metricsDocument(sources: Sources, problems: string[]): string {
  const { checker } = sources;
  const prefixes = new Map<string, Set<string>>();
  const made: { readonly folder: string; readonly metric: Metric }[] = [];
  for (const node of sources.files.flatMap((file) => [...descendants(file)])) {
    if (!ts.isCallExpression(node)) continue;
    const folder = packageOf(sources.pathOf(node));
    try {
      const [first] = node.arguments;
      if (ts.isIdentifier(node.expression) && node.expression.text === 'createMetrics' && first !== undefined)
        prefixes.set(folder, (prefixes.get(folder) ?? new Set()).add(String(constantOf(checker, first))));
      const metric = metricOf(checker, node);
      if (metric !== undefined) made.push({ folder, metric });
    } catch (thrown) {
      if (!(thrown instanceof NotConstant)) throw thrown;
      problems.push(`a metric of ${sources.pathOf(node)} is not made of constants: ${thrown.message}`);
    }
  }
  const sections = [...Map.groupBy(made, ({ folder }) => folder)].map(([folder, of]) => {
    const prefix = prefixOf(folder, prefixes.get(folder) ?? new Set());
    if (prefix === '') problems.push(`${folder} has metrics, but does not say with which prefix`);
    const rows = of
      .map(({ metric: { name, type, help, labels } }) => [
        code(prefix + name),
        type,
        help,
        labels.map(code).join(', '),
      ])
      .sort(([one = ''], [other = '']) => (one < other ? -1 : 1));
    return `## ${folder.split('/').at(-1) ?? ''}\n\n${table(['name', 'type', 'what it measures', 'labels'], rows)}\n`;
  });
  return `${GENERATED}\n\n${INTRODUCTION}\n\n${sections.join('\n')}`;
}

/** A package that composes others makes their metrics too: its own have its name. */
function prefixOf(folder: string, prefixes: ReadonlySet<string>): string {
  const own = [...prefixes].find((prefix) => prefix.endsWith(`_${folder.split('/').at(-1) ?? ''}_`));
  return own ?? (prefixes.size === 1 ? ([...prefixes][0] ?? '') : '');
}

function metricOf(checker: ts.TypeChecker, node: ts.CallExpression): Metric | undefined {
  if (!ts.isPropertyAccessExpression(node.expression)) return undefined;
  const type = TYPES.find(
    (one) => ts.isPropertyAccessExpression(node.expression) && node.expression.name.text === one,
  );
  const owner = checker.getTypeAtLocation(node.expression.expression);
  if (type === undefined || (owner.aliasSymbol ?? owner.getSymbol())?.name !== 'Metrics') return undefined;
  const [name, help, third, fourth] = node.arguments;
  if (name === undefined || help === undefined) return undefined;
  const labels = type === 'histogram' ? fourth : third;
  const names = labels === undefined ? [] : constantOf(checker, labels);
  return {
    name: String(constantOf(checker, name)),
    type,
    help: String(constantOf(checker, help)),
    labels: Array.isArray(names) ? names.map(String) : [],
  };
}
