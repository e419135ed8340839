import { CONFIGURED_SHAPE, evidenceOf, findConfigured, type InputPath } from '@stepcast/wire';
import { suggestPath } from './suggest-path.ts';
import { isUpload, type UploadRules } from './upload-rules.ts';

/** How the input of one execution names its upload. The input itself is not stored. */
export type JudgedInput =
  /** Through one of the configured paths: its place in the list, from 0. */
  | { readonly kind: 'path'; readonly index: number }
  /** In a form that needs no path, for instance `eventBridge`. */
  | { readonly kind: 'shape'; readonly shape: string }
  /** Not itself: it names the execution that started it. */
  | { readonly kind: 'parent' }
  /** Not at all, or an object that is nobody's upload. A path that would find one in this input, where there is one. */
  | { readonly kind: 'nothing'; readonly suggestion: InputPath | undefined };

/**
 * Judges inputs as the correlator does.
 * @param input JSON text
 */
export function judgeInput(input: string, paths: readonly InputPath[], rules: UploadRules): JudgedInput {
  const found = evidenceOf(input, findConfigured(paths));
  const { object, parent, shape } = found ?? {};
  if (object !== undefined && isUpload(object, rules)) {
    if (shape !== CONFIGURED_SHAPE) return { kind: 'shape', shape: shape ?? '' };
    const index = paths.findIndex((path) => evidenceOf(input, findConfigured([path]))?.shape === shape);
    return { kind: 'path', index };
  }
  if (object === undefined && parent !== undefined) return { kind: 'parent' };
  return { kind: 'nothing', suggestion: suggestPath(input, rules) };
}
