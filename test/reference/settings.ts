import ts from 'typescript';
import { constantOf, definitionOf, NotConstant, type Bindings } from './constants.ts';
import { code, GENERATED, table } from './markdown.ts';
import { descendants, docstring, packageOf, type Sources } from './sources.ts';

const INTRODUCTION = `# Settings

Every setting is an environment variable that a service reads once, at start. A service names every variable that is missing or
wrong, not just the first, and ends. An empty variable counts as absent. Credentials and endpoints of AWS are those of the AWS SDK
(\`AWS_REGION\`, \`AWS_ENDPOINT_URL_…\`).`;

/** One call in the chain that makes a schema, `min` with 1 for `.min(1)`. */
interface Step {
  readonly name: string;
  readonly args: readonly ts.Expression[];
  readonly bindings: Bindings;
}

interface Field {
  readonly schema: ts.Expression;
  readonly doc: string | undefined;
}

/**
 * Every environment variable of every service: default, unit, allowed values and meaning.
 * @param problems gets a line for each variable that nothing explains
 */
export function settingsDocument(sources: Sources, problems: string[]): string {
  const calls = sources.files
    .flatMap((file) => [...descendants(file)])
    .filter(ts.isCallExpression)
    .filter(({ expression }) => ts.isIdentifier(expression) && expression.text === 'readConfig');
  const sections = calls.map((call) => {
    const [schema, names] = call.arguments;
    if (schema === undefined || names === undefined) throw new TypeError('readConfig without arguments');
    const reader = new SettingsReader(sources.checker);
    const fields = reader.fieldsOf(schema);
    const rows = [...reader.fieldsOf(names)].map(([key, { schema: nameNode, doc }]) => {
      const name = String(constantOf(sources.checker, nameNode));
      const field = fields.get(key);
      const meaning = field?.doc ?? doc ?? reader.docOfName(nameNode);
      if (field === undefined || meaning === undefined)
        problems.push(`${name} (${sources.pathOf(call)}, ${key}): its field in the schema has no docstring`);
      const steps = field === undefined ? [] : reader.stepsOf(field.schema);
      return [code(name), reader.defaultOf(steps), unitOf(name), reader.valuesOf(steps), meaning ?? ''];
    });
    const title = packageOf(sources.pathOf(call)).split('/').at(-1) ?? '';
    return `## ${title}\n\n${table(['variable', 'default', 'unit', 'values', 'meaning'], rows)}\n`;
  });
  return `${GENERATED}\n\n${INTRODUCTION}\n\n${sections.join('\n')}`;
}

function unitOf(name: string): string {
  if (name.endsWith('_PER_SECOND')) return 'per second';
  if (name.endsWith('_MS')) return 'ms';
  if (name.endsWith('_SECONDS')) return 'seconds';
  if (name.endsWith('_MINUTES')) return 'minutes';
  return name.endsWith('_BYTES') ? 'bytes' : '';
}

class SettingsReader {
  readonly #checker: ts.TypeChecker;

  constructor(checker: ts.TypeChecker) {
    this.#checker = checker;
  }

  /** The properties of an object literal or of a `z.object({ … })`, through names, spreads and refinements. */
  fieldsOf(node: ts.Expression): Map<string, Field> {
    if (ts.isAsExpression(node)) return this.fieldsOf(node.expression);
    if (ts.isObjectLiteralExpression(node)) return this.#propertiesOf(node);
    if (ts.isCallExpression(node) && ts.isPropertyAccessExpression(node.expression)) {
      const [first] = node.arguments;
      const isObject = node.expression.name.text === 'object' && first !== undefined;
      return this.fieldsOf(isObject ? first : node.expression.expression);
    }
    const definition = definitionOf(this.#checker, this.#nameOf(node), new Map());
    return definition === undefined ? new Map<string, Field>() : this.fieldsOf(definition);
  }

  #propertiesOf(node: ts.ObjectLiteralExpression): Map<string, Field> {
    const fields = new Map<string, Field>();
    for (const property of node.properties) {
      if (ts.isSpreadAssignment(property))
        for (const [key, field] of this.fieldsOf(property.expression)) fields.set(key, field);
      else if (ts.isPropertyAssignment(property))
        fields.set(property.name.getText(), { schema: property.initializer, doc: docstring(property) });
    }
    return fields;
  }

  #nameOf(node: ts.Expression): ts.Node {
    return ts.isPropertyAccessExpression(node) ? node.name : node;
  }

  /** The docstring beside the variable's name, in the list of names. */
  docOfName(node: ts.Expression): string | undefined {
    const declaration = this.#checker.getSymbolAtLocation(this.#nameOf(node))?.valueDeclaration;
    return declaration === undefined ? undefined : docstring(declaration);
  }

  /** The chain of calls that makes a schema, first one first; small functions of ours are followed into their bodies. */
  stepsOf(node: ts.Expression, bindings: Bindings = new Map()): Step[] {
    if (ts.isCallExpression(node)) {
      const { expression } = node;
      if (ts.isPropertyAccessExpression(expression)) {
        const step = { name: expression.name.text, args: node.arguments, bindings };
        return [...this.stepsOf(expression.expression, bindings), step];
      }
      const made = definitionOf(this.#checker, expression, bindings);
      if (made !== undefined && ts.isArrowFunction(made) && !ts.isBlock(made.body))
        return this.stepsOf(made.body, this.#bound(made, node.arguments));
      return [];
    }
    if (ts.isPropertyAccessExpression(node) && node.expression.getText() === 'z') return [];
    const definition = definitionOf(this.#checker, this.#nameOf(node), bindings);
    return definition === undefined ? [] : this.stepsOf(definition, bindings);
  }

  #bound(made: ts.ArrowFunction, args: readonly ts.Expression[]): Bindings {
    return new Map(
      made.parameters.flatMap(({ name }, index) => {
        const symbol = this.#checker.getSymbolAtLocation(name);
        const arg = args[index];
        return symbol === undefined || arg === undefined ? [] : [[symbol, arg] as const];
      }),
    );
  }

  #argOf(step: Step | undefined): unknown {
    const [first] = step?.args ?? [];
    if (step === undefined || first === undefined) return undefined;
    try {
      return constantOf(this.#checker, first, step.bindings);
    } catch (thrown) {
      if (thrown instanceof NotConstant) return undefined;
      throw thrown;
    }
  }

  defaultOf(steps: readonly Step[]): string {
    const given = steps.find(({ name }) => name === 'default');
    if (given !== undefined) {
      const value = this.#argOf(given);
      return Array.isArray(value) && value.length === 0 ? 'none' : code(String(value));
    }
    return steps.some(({ name }) => name === 'optional') ? 'none' : '**required**';
  }

  valuesOf(steps: readonly Step[]): string {
    const named = new Map(steps.map((step) => [step.name, step]));
    const choices = this.#argOf(named.get('enum'));
    if (Array.isArray(choices)) return choices.map((choice) => code(String(choice))).join(', ');
    if (named.has('stringbool')) return `${code('true')}, ${code('false')}`;
    if (named.has('url')) return 'URL';
    if (!named.has('number')) return 'text';
    const [least, most] = [this.#argOf(named.get('min')), this.#argOf(named.get('max'))];
    const kind = named.has('int') ? 'whole number' : 'number';
    const spelled = (value: unknown) =>
      Number(value).toLocaleString('en', { useGrouping: Number(value) >= 10_000 });
    if (least !== undefined && most !== undefined) return `${kind}, ${spelled(least)} to ${spelled(most)}`;
    if (least !== undefined) return `${kind}, at least ${spelled(least)}`;
    return named.has('positive') ? `${kind} above 0` : kind;
  }
}
