import { readFile } from 'node:fs/promises';
import { asError } from '@stepcast/kit';
import { checkDefinition, type CheckedDefinition, type CheckOptions } from './check-definition.ts';
import { jsonReport, textReport } from './report.ts';

export interface CheckRequest {
  readonly files: readonly string[];
  readonly json: boolean;
}

/** Reads and checks each file; gives what to print, and whether one is refused. */
export async function runCheck(
  { files, json }: CheckRequest,
  options: CheckOptions,
): Promise<{ readonly report: string; readonly isRefused: boolean }> {
  const checked: CheckedDefinition[] = [];
  for (const file of files) checked.push(await checkFile(file, options));
  return {
    report: json ? jsonReport(checked) : textReport(checked),
    isRefused: checked.some(({ verdict }) => verdict === 'refused'),
  };
}

async function checkFile(file: string, options: CheckOptions): Promise<CheckedDefinition> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (thrown) {
    const problem = { code: 'UNREADABLE', text: asError(thrown).message, at: '$' };
    return { file, verdict: 'refused', standIns: [], problems: [problem], placeholders: [] };
  }
  return checkDefinition(file, text, options);
}
