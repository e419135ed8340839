import { synthesize, VARIANTS, type Template } from '@stepcast/cdk/testing';
import { readSettings } from '@stepcast/cdk/settings';
import { afterAll, describe, expect, it } from 'vitest';
import * as z from 'zod';
import { planOf } from '../../application/run-preflight.ts';
import { filtersOf } from './log-group-checks.ts';
import { queueNamesOf, roleNamesOf } from './made-names.ts';

const synthesized = synthesize(VARIANTS);
afterAll(() => {
  synthesized.remove();
});

const namesIn = (template: Template, type: string, property: string) =>
  template.of(type).flatMap(({ properties }) => z.string().safeParse(properties[property]).data ?? []);

describe.each(['plain', 'full', 'fullSmall', 'existing'] as const)(
  'what the doctor checks before a deployment (%s)',
  (name) => {
    const read = readSettings(JSON.stringify(VARIANTS[name]));
    if (!read.ok) throw new TypeError(read.problems.join());
    const plan = planOf(read.settings);
    const template = synthesized.template(name);

    it('is every queue that the template makes', () => {
      expect(queueNamesOf(plan).toSorted()).toEqual(
        namesIn(template, 'AWS::SQS::Queue', 'QueueName').toSorted(),
      );
    });

    it('is every subscription of the forwarder, by its own name', () => {
      const made = template
        .of('AWS::Logs::SubscriptionFilter')
        .map(({ properties }) => [properties['LogGroupName'], properties['FilterName']].join());
      const groups = [plan.logGroupName, ...(plan.settings.reports?.logGroupNames ?? [])];
      expect(
        groups.flatMap((group) => filtersOf(plan, group).map((of) => `${group},${of}`)).toSorted(),
      ).toEqual(made.toSorted());
    });

    it('is every role that the template makes', () => {
      expect(roleNamesOf(plan).toSorted()).toEqual(
        namesIn(template, 'AWS::IAM::Role', 'RoleName').toSorted(),
      );
    });
  },
);
