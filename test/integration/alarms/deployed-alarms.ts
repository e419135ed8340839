import { evaluatedAlarm, headingOf, synthesize, VARIANTS, type EvaluatedAlarm } from '@stepcast/cdk/testing';
import * as z from 'zod';

const Named = z.looseObject({ AlarmName: z.string() });

/** Templates with the alarms that there are by default, and with all of them. */
export function synthesizeAlarms() {
  const synthesized = synthesize({
    ...VARIANTS,
    more: { ...VARIANTS.fullSmall, alarms: 'all' },
    moreLarge: { ...VARIANTS.full, alarms: 'all' },
  });

  /** Alarms of a template by their names, without those that scale. */
  function alarmsOf(name: Parameters<typeof synthesized.template>[0]): ReadonlyMap<string, EvaluatedAlarm> {
    return new Map(
      synthesized
        .template(name)
        .of('AWS::CloudWatch::Alarm')
        .flatMap(({ properties }) => {
          const named = Named.safeParse(properties);
          if (!named.success) return [];
          return [[named.data.AlarmName.replace(/^stepcast-/, ''), evaluatedAlarm(properties)] as const];
        }),
    );
  }

  return {
    synthesized,
    alarmsOf,
    /** Of several of a kind, the first. */
    all: () =>
      new Map([...alarmsOf('moreLarge'), ...alarmsOf('more')].filter(([name]) => name === headingOf(name))),
    /** Names of those that are there without asking. */
    essential: () => new Set([...alarmsOf('full').keys(), ...alarmsOf('fullSmall').keys()]),
  };
}

export type DeployedAlarms = ReturnType<typeof synthesizeAlarms>;
