import jmespath from 'jmespath';

/** What is wrong with an expression in JMESPath; undefined when nothing is. */
export function jmespathProblem(expression: string): string | undefined {
  // The library checks an expression only by running it: on nothing, so errors about the data itself do not count.
  try {
    jmespath.search(null, expression);
    return undefined;
  } catch (thrown) {
    const message = thrown instanceof Error ? thrown.message : String(thrown);
    return /^(TypeError|ArgumentError): /.test(message) ? undefined : message;
  }
}

/** What an expression finds; undefined where the data does not have what it looks for. */
export function searchJmespath(data: unknown, expression: string): unknown {
  try {
    return jmespath.search(data, expression);
  } catch {
    return undefined; // a type error inside an expression
  }
}
