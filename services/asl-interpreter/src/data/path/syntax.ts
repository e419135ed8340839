import type { Json } from '../../json.ts';

/** Where a path starts: `$`, `$$`, `$name`, or `@` within a filter. */
export type PathRoot =
  | { readonly kind: 'input' }
  | { readonly kind: 'context' }
  | { readonly kind: 'variable'; readonly name: string }
  | { readonly kind: 'item' };

export type PathStep =
  | { readonly kind: 'name'; readonly name: string }
  /** `['a','b']`: at the end of a path one object of both, elsewhere both in turn. */
  | { readonly kind: 'names'; readonly names: readonly string[] }
  | { readonly kind: 'indexes'; readonly indexes: readonly number[] }
  | {
      readonly kind: 'slice';
      readonly from: number | undefined;
      readonly to: number | undefined;
      readonly by: number;
    }
  | { readonly kind: 'wildcard' }
  | { readonly kind: 'filter'; readonly condition: FilterCondition }
  /** `..` before a step: the step is taken at every depth. */
  | { readonly kind: 'descend' };

/** `.length()` and the like, at the end of a path only. */
export const pathFunctions = ['length', 'min', 'max', 'avg', 'sum', 'keys', 'first', 'last'] as const;
export type PathFunction = (typeof pathFunctions)[number];

export interface Path {
  readonly root: PathRoot;
  readonly steps: readonly PathStep[];
  readonly call: PathFunction | undefined;
}

export type FilterOperand =
  { readonly kind: 'path'; readonly path: Path } | { readonly kind: 'value'; readonly value: Json };

export const comparisonOperators = ['==', '!=', '<=', '>=', '<', '>', 'in', 'nin'] as const;
export type ComparisonOperator = (typeof comparisonOperators)[number];

export type FilterCondition =
  | { readonly kind: 'and' | 'or'; readonly conditions: readonly FilterCondition[] }
  | { readonly kind: 'not'; readonly condition: FilterCondition }
  /** The path is there, whatever its value. */
  | { readonly kind: 'exists'; readonly path: Path }
  | {
      readonly kind: 'compare';
      readonly operator: ComparisonOperator;
      readonly left: FilterOperand;
      readonly right: FilterOperand;
    };

/** Whether a path names one place at most, so that its value stands for itself and not for a list. */
export function isDefinite({ steps }: Path): boolean {
  return steps.every(
    (step, index) =>
      step.kind === 'name' ||
      (step.kind === 'indexes' && step.indexes.length === 1) ||
      (step.kind === 'names' && index === steps.length - 1),
  );
}
