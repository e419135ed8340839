import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { describeIssues, parseJson } from '@stepcast/contracts';
import * as z from 'zod';
import { type Settings } from '../settings.ts';
import { childEnvironment, runFolder } from './config.ts';
import { Template } from './template.ts';
import { type LEAST_OWN, type OWN } from './variants.ts';

const Report = z.object({
  pluginReports: z.array(
    z.object({
      pluginName: z.string(),
      violations: z.array(
        z.object({
          ruleName: z.string(),
          description: z.string(),
          violatingConstructs: z.array(z.object({ constructPath: z.string().optional() })),
        }),
      ),
    }),
  ),
});

const Asset = z.object({ S3Key: z.string() });

/** What CDK's own rules or cdk-nag found: a rule, and where. */
export interface Finding {
  readonly checker: string;
  readonly rule: string;
  readonly description: string;
  /** Of the construct, beginning with the variant's name. */
  readonly path: string;
}

export interface Synthesized<Name extends string> {
  /** @param region where it is deployed; default that of `DEPLOYED` */
  template(name: Name | typeof OWN | typeof LEAST_OWN, region?: string): Template;
  /** The bundle that a function of a template is deployed as. */
  bundle(name: Name, functionName: string): string;
  /** Empty unless checked. */
  findings(): readonly Finding[];
  /** Of the templates and assets. */
  readonly folder: string;
  remove(): void;
}

interface Output {
  readonly folder: string;
  /** Other suites of the run read it too. */
  readonly isShared: boolean;
}

/** In a process of its own, so that the one that runs the tests never loads aws-cdk-lib, which takes two seconds and much memory. */
function runChild(variants: string, checked: boolean): string {
  const folder = mkdtempSync(join(runFolder() ?? tmpdir(), 'stepcast-cdk-'));
  execFileSync(
    process.execPath,
    [
      '--conditions=stepcast-source',
      join(import.meta.dirname, 'synth-child.ts'),
      folder,
      variants,
      checked ? 'checked' : 'unchecked',
    ],
    { stdio: 'pipe', env: childEnvironment(checked), timeout: 300_000, killSignal: 'SIGKILL' },
  );
  return folder;
}

/**
 * Once in a run of the tests: a dozen suites read the same templates, and each synthesis takes seven seconds. Two suites that
 * begin at the same time both synthesize, and one of the two outputs is shared.
 */
function output(variants: string, checked: boolean): Output {
  const run = runFolder();
  if (run === undefined) return { folder: runChild(variants, checked), isShared: false };
  const name = createHash('sha256').update(`${checked} ${variants}`).digest('hex').slice(0, 16);
  const shared = join(run, `stepcast-cdk-of-${name}`);
  if (existsSync(shared)) return { folder: shared, isShared: true };
  const folder = runChild(variants, checked);
  try {
    renameSync(folder, shared);
    return { folder: shared, isShared: true };
  } catch {
    // The other suite was faster.
    return { folder, isShared: false };
  }
}

/** Synthesizes all variants together. What it gives is only to be read. */
export function synthesize<Name extends string>(
  variants: Readonly<Record<Name, z.input<typeof Settings>>>,
  { checked = false }: { readonly checked?: boolean } = {},
): Synthesized<Name> {
  const { folder, isShared } = output(JSON.stringify(variants), checked);
  const read = <S extends z.ZodType>(schema: S, file: string): z.output<S> => {
    const parsed = parseJson(schema, readFileSync(join(folder, file), 'utf8'));
    if (!parsed.ok) throw new TypeError(`${file}: ${describeIssues(parsed.issues)}`);
    return parsed.value;
  };
  const template = (name: Name | typeof OWN | typeof LEAST_OWN, region?: string): Template =>
    new Template(read(Template.schema, `${name}.template.json`), region);
  return {
    folder,
    template,
    bundle: (name, functionName) => {
      const { Code } = template(name).one('AWS::Lambda::Function', { FunctionName: functionName });
      const { S3Key } = Asset.parse(Code);
      return join(folder, `asset.${basename(S3Key, '.zip')}`, 'index.mjs');
    },
    findings: () =>
      read(Report, 'validation-report.json').pluginReports.flatMap(({ pluginName, violations }) =>
        violations.flatMap(({ ruleName, description, violatingConstructs }) =>
          violatingConstructs.map(({ constructPath }) => ({
            checker: pluginName,
            rule: ruleName,
            description,
            path: constructPath ?? '',
          })),
        ),
      ),
    remove: () => {
      if (!isShared) rmSync(folder, { recursive: true });
    },
  };
}
