import { isJsonObject, jsonOfText, textOfJson } from '@stepcast/asl-interpreter';
import { indexOfJsonError, lineAndColumn } from '@stepcast/wire';
import { mendDefinition, type Warning } from './mend-definition.ts';
import { fillPlaceholders, type Whereabouts } from './placeholders.ts';

/** A definition as it runs. */
export interface PreparedDefinition {
  readonly text: string;
  /** Names of `${…}` that were filled. */
  readonly placeholders: readonly string[];
  /** What AWS would refuse of it. */
  readonly warnings: readonly Warning[];
}

/**
 * Makes of the text that a project has the definition that runs here: fills placeholders, and mends what AWS would refuse where
 * it is plain what is meant. What is broken stays as it is, and is refused later with its place.
 */
export function prepareDefinition(source: string, where: Whereabouts): PreparedDefinition {
  const { text, placeholders, looseText } = fillPlaceholders(source, where);
  const loose =
    looseText === undefined
      ? []
      : [
          {
            text: `This is not JSON at ${lineAndColumn(looseText, indexOfJsonError(looseText) ?? looseText.length)}: comments, commas or line breaks`,
            instead: 'runs here without them',
            at: '$',
          },
        ];
  const json = jsonOfText(text);
  if (!isJsonObject(json) || !isJsonObject(json.States)) return { text, placeholders, warnings: loose };
  const { json: mended, warnings } = mendDefinition(json, where);
  return {
    text: warnings.length === 0 ? text : textOfJson(mended),
    placeholders,
    warnings: [...loose, ...warnings],
  };
}
