/**
 * The part of a TypeScript module that names what is in the result of an upload.
 * @param names those of the projections, in their order
 */
export function resultModule(names: readonly string[]): string {
  return [
    '/** What the projections of the configuration let through, by name. */',
    'export const RESULT_NAMES = [',
    ...names.map((name) => `  ${JSON.stringify(name)},`),
    '] as const;',
    '',
    '/** The name of a part of the result. */',
    'export type ResultName = (typeof RESULT_NAMES)[number];',
    '',
    '/** The result of an upload. Each part is there once its step has ended; what is in it, the workflow says: parse it. */',
    'export type Result = Readonly<Partial<Record<ResultName, unknown>>>;',
    '',
    '/** The result of a state, by names that the compiler knows. */',
    'export function resultOf(state: { readonly result?: Readonly<Record<string, unknown>> | undefined }): Result {',
    '  return state.result ?? {};',
    '}',
    '',
  ].join('\n');
}
