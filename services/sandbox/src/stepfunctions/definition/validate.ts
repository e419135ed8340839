import { isError } from '@stepcast/kit';
import { describeIssues, parseValue } from '@stepcast/contracts';
import validateAsl from 'asl-validator';
import { isJsonObject, jsonOfText } from '../json.ts';
import { Definition } from './schema.ts';
import { findUnsupported } from './unsupported.ts';

export type ValidatedDefinition =
  { readonly ok: true; readonly definition: Definition } | { readonly ok: false; readonly problem: string };

export type Validate = (text: string) => ValidatedDefinition;

/** Longest definition, in characters. A quota of Step Functions. */
const maxDefinitionLength = 1_048_576;

/**
 * Checks the text of a definition: first against the Amazon States Language (asl-validator, whose messages AWS's own
 * resemble), then against what this sandbox runs. A definition that passes is run faithfully or not at all.
 */
export const validateDefinition: Validate = (text) => validateWith(text, checkLanguage);

/** @param languageProblem what is wrong with the definition as States Language, if anything */
export function validateWith(
  text: string,
  languageProblem: (text: string) => string | undefined,
): ValidatedDefinition {
  if (text.length > maxDefinitionLength)
    return { ok: false, problem: `longer than ${maxDefinitionLength} characters` };
  const json = jsonOfText(text);
  if (!isJsonObject(json)) return { ok: false, problem: 'INVALID_JSON_DESCRIPTION: not a JSON object' };
  const language = languageProblem(text);
  // Of both kinds of problem the unsupported feature comes first where the language check trips over that very feature.
  const unsupported = findUnsupported(json);
  if (language !== undefined && unsupported.length === 0) return { ok: false, problem: language };
  if (unsupported.length > 0) {
    const list = unsupported.map(({ feature, at }) => `not supported in the sandbox: ${feature} at ${at}`);
    return { ok: false, problem: [...(language === undefined ? [] : [language]), ...list].join(', ') };
  }
  const parsed = parseValue(Definition, json);
  if (!parsed.ok) return { ok: false, problem: `SCHEMA_VALIDATION_FAILED: ${describeIssues(parsed.issues)}` };
  return { ok: true, definition: parsed.value };
}

/** The validator knows `aws` and `aws-us-gov` only. What a partition is called does not change what an ARN names. */
const OTHER_PARTITION = /"arn:aws-[a-z-]{1,20}:/g;

function checkLanguage(text: string): string | undefined {
  // A copy of its own: the validator writes into what it is given, and only JSON text makes a copy that shares nothing.
  const copy = jsonOfText(text.replaceAll(OTHER_PARTITION, '"arn:aws:'));
  try {
    const result = validateAsl(copy, { checkPaths: true, checkArn: true });
    return result.isValid ? undefined : result.errorsText(', ');
  } catch (error) {
    // The validator walks `States` before it has checked that these are objects.
    return `SCHEMA_VALIDATION_FAILED: the definition does not have the shape of a state machine (${
      isError(error) ? error.message : 'unreadable'
    })`;
  }
}
