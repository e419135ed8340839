import { afterAll, describe, expect, it } from 'vitest';
import { REPORT_TOKEN_VARIABLE } from '@stepcast/contracts/report';
import { ENV, REPORTS_FILTER_PATTERN, REPORTS_FILTER_SUFFIX } from '@stepcast/wire';
import { App, Stack } from 'aws-cdk-lib';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as logs from 'aws-cdk-lib/aws-logs';
import * as z from 'zod';
import { reportTokenOf } from './reports.ts';
import { DEPLOYED, OWN, synthesize, VARIANTS } from './testing/index.ts';

const { plain, fullSmall, existing } = VARIANTS;
const synthesized = synthesize({ plain, fullSmall, existing });
afterAll(() => {
  synthesized.remove();
});
const Filter = z.object({
  LogGroupName: z.string(),
  FilterName: z.string(),
  FilterPattern: z.string(),
  DestinationArn: z.string(),
  RoleArn: z.string().optional(),
});
const Permission = z.object({
  Action: z.string(),
  Principal: z.string(),
  FunctionName: z.string(),
  SourceArn: z.string(),
});
const Environment = z.object({ Environment: z.object({ Variables: z.record(z.string(), z.string()) }) });

describe('reports of tasks', () => {
  const template = synthesized.template(OWN);
  const filters = template
    .of('AWS::Logs::SubscriptionFilter')
    .map(({ properties }) => Filter.parse(properties))
    .filter(({ FilterName }) => FilterName.endsWith(REPORTS_FILTER_SUFFIX));
  const variablesOf = (name: string) =>
    Environment.parse(template.one('AWS::Lambda::Function', { FunctionName: name })).Environment.Variables;

  it('come from the log groups that are named, and of these only the lines that mean to be reports', () => {
    expect(filters.map(({ LogGroupName }) => LogGroupName)).toEqual(['/aws/lambda/resize', '/ecs/ocr']);
    for (const one of filters)
      expect(one).toMatchObject({
        FilterPattern: REPORTS_FILTER_PATTERN,
        DestinationArn: `arn:aws:lambda:${DEPLOYED.region}:${DEPLOYED.accountId}:function:stepcast-forwarder`,
      });
  });

  it('reach the forwarder by CloudWatch Logs alone, each log group by a permission of its own', () => {
    const permissions = template
      .of('AWS::Lambda::Permission')
      .map(({ properties }) => Permission.safeParse(properties).data)
      .filter((one) => one?.Principal === 'logs.amazonaws.com');
    expect(permissions.map((one) => one?.SourceArn.replace(/^.*log-group:/, '')).toSorted()).toEqual([
      '/aws/lambda/resize:*',
      '/aws/vendedlogs/states/ours-Logs:*',
      '/ecs/ocr:*',
    ]);
    for (const one of permissions) expect(one?.Action).toBe('lambda:InvokeFunction');
  });

  it('bring along what nobody outside of the account knows; the forwarder and the task have the same', () => {
    expect(variablesOf('stepcast-forwarder')[ENV.reportToken]).toBe(DEPLOYED.stackGuid);
    expect(variablesOf('resize')).toEqual({ [REPORT_TOKEN_VARIABLE]: DEPLOYED.stackGuid });
    expect(REPORT_TOKEN_VARIABLE).toBe(ENV.reportToken);
  });

  it('need no right: nothing but subscriptions and their permissions is there that is not there without', () => {
    const roles = (name: typeof OWN | 'plain') =>
      JSON.stringify(
        synthesized
          .template(name)
          .of('AWS::IAM::Role')
          .filter(({ properties }) => properties['RoleName'] === 'stepcast-forwarder')
          .map(({ properties }) => properties['Policies'] ?? properties['ManagedPolicyArns']),
      );
    expect(roles(OWN)).toBe(roles('plain'));
  });

  it.each([
    ['fullSmall', DEPLOYED.stackGuid],
    ['existing', existing.reports.token],
  ] as const)(
    'come by the settings of the app too, with a token that its output tells (%s)',
    (name, token) => {
      const of = synthesized.template(name);
      const subscribed = of
        .of('AWS::Logs::SubscriptionFilter')
        .map(({ properties }) => Filter.parse(properties))
        .filter(({ FilterName }) => FilterName.endsWith(REPORTS_FILTER_SUFFIX));
      expect(subscribed.map(({ LogGroupName }) => LogGroupName)).toEqual(
        VARIANTS[name].reports.logGroupNames,
      );
      for (const one of subscribed) expect(one.FilterPattern).toBe(REPORTS_FILTER_PATTERN);
      const { Environment: forwarder } = Environment.parse(
        of.one('AWS::Lambda::Function', { FunctionName: 'stepcast-forwarder' }),
      );
      expect(forwarder.Variables[ENV.reportToken]).toBe(token);
      expect(of.outputs['ReportToken']).toBe(token);
    },
  );

  it('are none where nobody names them', () => {
    const none = synthesized.template('plain');
    expect(none.of('AWS::Logs::SubscriptionFilter')).toHaveLength(1);
    expect(JSON.stringify(none.all())).not.toContain(ENV.reportToken);
    expect(none.outputs).not.toHaveProperty('ReportToken');
  });

  it('want a token where stacks would wait for one another, and a long one', () => {
    const app = new App();
    const [ours, theirs] = [new Stack(app, 'Ours'), new Stack(app, 'Theirs')];
    const task = new lambda.Function(theirs, 'Task', {
      runtime: lambda.Runtime.NODEJS_24_X,
      handler: 'index.handler',
      code: lambda.Code.fromInline('exports.handler = () => undefined'),
    });
    const logGroup = new logs.LogGroup(theirs, 'Logs');
    const from = [{ logGroup, function: task }];
    expect(() => reportTokenOf(ours, { from })).toThrow(/Theirs\/Task is in another stack/);
    expect(reportTokenOf(ours, { from, token: 'long-enough-to-be-one' })).toBe('long-enough-to-be-one');
    expect(() => reportTokenOf(ours, { from, token: 'short' })).toThrow(/fewer than 16/);
  });
});
