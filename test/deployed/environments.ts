import * as z from 'zod';
import { call, type Place } from './place.ts';
import { type Deployed } from './stack.ts';

export type Variables = Readonly<Record<string, string>>;

/** Something that the stack runs, with the environment that AWS would give it. */
export interface DeployedService {
  /** Of the container, or of the function. */
  readonly name: string;
  readonly kind: 'container' | 'function';
  readonly environment: Variables;
  /** Of the role under which it works. */
  readonly roleName: string;
}

const TaskDefinition = z.object({
  taskDefinition: z.object({
    taskRoleArn: z.string(),
    containerDefinitions: z.array(
      z.object({
        name: z.string(),
        environment: z.array(z.object({ name: z.string(), value: z.string() })),
      }),
    ),
  }),
});
const FunctionConfiguration = z.object({
  Role: z.string(),
  Environment: z.object({ Variables: z.record(z.string(), z.string()) }).optional(),
});
const lastPart = (arn: string): string => arn.slice(arn.lastIndexOf('/') + 1);

/** What the stack runs, read back from the task definitions and functions that CloudFormation has made. */
export async function servicesOf(place: Place, { resources }: Deployed): Promise<readonly DeployedService[]> {
  const services: DeployedService[] = [];
  for (const { type, id } of resources) {
    if (type === 'AWS::ECS::TaskDefinition') {
      const { taskDefinition } = await call(
        place,
        {
          service: 'ecs',
          target: 'AmazonEC2ContainerServiceV20141113.DescribeTaskDefinition',
          body: { taskDefinition: id },
        },
        TaskDefinition,
      );
      for (const { name, environment } of taskDefinition.containerDefinitions)
        services.push({
          name,
          kind: 'container',
          environment: Object.fromEntries(environment.map((one) => [one.name, one.value])),
          roleName: lastPart(taskDefinition.taskRoleArn),
        });
    }
    if (type === 'AWS::Lambda::Function') {
      const configuration = await functionConfiguration(place, id);
      services.push({
        name: lastPart(id.replace(/^.*:/, '')),
        kind: 'function',
        environment: configuration.Environment?.Variables ?? {},
        roleName: lastPart(configuration.Role),
      });
    }
  }
  return services;
}

function functionConfiguration(place: Place, id: string) {
  return call(
    place,
    {
      service: 'lambda',
      method: 'GET',
      path: `/2015-03-31/functions/${id.replace(/^.*:/, '')}/configuration`,
    },
    FunctionConfiguration,
  );
}

/** Gives a function variables besides those that it was deployed with. */
export async function addToFunction(
  place: Place,
  { name, environment }: DeployedService,
  added: Variables,
): Promise<void> {
  await call(
    place,
    {
      service: 'lambda',
      method: 'PUT',
      path: `/2015-03-31/functions/${name}/configuration`,
      body: { Environment: { Variables: { ...environment, ...added } } },
    },
    FunctionConfiguration,
  );
}

/** `NAME: from -> to` of every variable that differs. */
export function changesBetween(deployed: Variables, used: Variables): readonly string[] {
  const names = [...new Set([...Object.keys(deployed), ...Object.keys(used)])].toSorted();
  return names
    .filter((name) => deployed[name] !== used[name])
    .map((name) => `${name}: ${deployed[name] ?? 'not there'} -> ${secret(name, used[name])}`);
}

function secret(name: string, value: string | undefined): string {
  return /SECRET|TOKEN/.test(name) ? '(secret)' : (value ?? 'not there');
}
