import { afterAll, expect, it } from 'vitest';
import { synthesize, VARIANTS } from '@stepcast/cdk/testing';
import * as z from 'zod';
import { DEPLOYED_ARGUMENTS } from './service-process.ts';

const synthesized = synthesize({ full: VARIANTS.full, fullSmall: VARIANTS.fullSmall });
afterAll(() => {
  synthesized.remove();
});

const Containers = z.tuple([z.object({ Name: z.string(), Command: z.array(z.string()) })]);

it('the bench gives a service the heap that its container has on AWS: without a limit no overload found its end', () => {
  const deployed = (['full', 'fullSmall'] as const)
    .flatMap((name) => synthesized.template(name).of('AWS::ECS::TaskDefinition'))
    .flatMap(({ properties }) => Containers.parse(properties['ContainerDefinitions']))
    .map(({ Name, Command }) => [Name, Command.slice(1, -1)]);
  const { correlator, publisher, engine } = DEPLOYED_ARGUMENTS;
  expect(Object.fromEntries(deployed)).toEqual({ correlator, publisher, engine });
});
