import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { App, Validations } from 'aws-cdk-lib';
import { AwsSolutionsChecks } from 'cdk-nag';
import { describeIssues, parseJson } from '@stepcast/contracts';
import * as z from 'zod';
import { Settings } from '../settings.ts';
import { StepcastStack } from '../stepcast-stack.ts';
import { LeastOwnStack, OwnStack } from './own-stack.ts';
import { LEAST_OWN, OWN } from './variants.ts';

/** `node synth-child.ts FOLDER VARIANTS checked|unchecked`: a template for each of several settings, and of `OwnStack`. */
const [outdir = '', text = '', checked = ''] = process.argv.slice(2);
const variants = parseJson(z.record(z.string(), Settings), text);
if (!variants.ok) throw new TypeError(describeIssues(variants.issues));

const app = new App({
  outdir,
  analyticsReporting: false,
  // Assets are referred to where they are, and not copied.
  context: { 'aws:cdk:disable-asset-staging': true },
});
for (const [name, settings] of Object.entries(variants.value)) new StepcastStack(app, name, settings);
if (checked === 'checked') Validations.of(app).addPlugins(new AwsSolutionsChecks(app));
// What is not Stepcast's in it is nothing to be checked.
else {
  new OwnStack(app, OWN);
  new LeastOwnStack(app, LEAST_OWN);
}
try {
  app.synth();
} catch (thrown) {
  // Findings make it fail once everything is written; which of them are accepted is for the tests to say.
  if (!existsSync(join(outdir, 'validation-report.json'))) throw thrown;
}
