/** Comparisons of two values: type, order, and whether the right one is a path. */
export const comparison =
  /^(String|Numeric|Timestamp|Boolean)(Equals|LessThan|GreaterThan|LessThanEquals|GreaterThanEquals)(Path)?$/;
const tests = ['IsNull', 'IsPresent', 'IsNumeric', 'IsString', 'IsBoolean', 'IsTimestamp', 'StringMatches'];

/** Whether a field of a Choice rule in JSONPath says what is compared. */
export function isOperator(field: string): boolean {
  return tests.includes(field) || comparison.test(field);
}
