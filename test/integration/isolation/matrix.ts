import {
  compilePolicy,
  createAuthorizationModel,
  GUEST_SCOPE_DOWN,
  type AuthorizationModel,
  type BuiltPolicies,
  type IdentityPrincipal,
} from '@stepcast/policies';
import { attemptsAtLarge } from './at-large.ts';
import type { LiveActor, Operator } from './actors.ts';
import type { Delivery, Outcome } from './judge.ts';
import { driveConnect, drivePublishes, driveSubscriptions, type Heard } from './mqtt.ts';
import { driveCall } from './s3.ts';
import { driveSignaling } from './signaling.ts';
import { attemptsOn, topicsOf, type Actor, type Attempt, type Scene } from './table.ts';

/** Decides by the documents alone, with the IoT policy attached to everybody who is signed in. */
export function offlineModel(built: BuiltPolicies, scene: Scene): AuthorizationModel {
  const roles = new Map(
    [built.authenticated, built.guest, built.speaker, built.listener]
      .filter((role) => role !== undefined)
      .map((role) => [role.roleName, [compilePolicy(role.document, { name: role.policyName })]]),
  );
  const iot = [compilePolicy(built.iotPolicy.document, { name: built.iotPolicy.name, kind: 'iot' })];
  const bucket = compilePolicy(built.bucketPolicy, { kind: 'resource' });
  const scopeDown = [compilePolicy(GUEST_SCOPE_DOWN, { kind: 'session' })];
  return createAuthorizationModel(
    {
      rolePolicies: (roleName) => roles.get(roleName) ?? [],
      iotPolicies: () => iot,
      bucketPolicy: (name) => (name === scene.bucket ? bucket : undefined),
      sessionPolicies: (principal) =>
        principal.kind === 'identity' && !principal.authenticated ? scopeDown : undefined,
    },
    { region: scene.region },
  );
}

export function principalOf(scene: Scene, actor: Actor, roleName: string): IdentityPrincipal {
  return {
    kind: 'identity',
    accountId: scene.accountId,
    roleName,
    identityId: actor.identityId,
    identityPoolId: scene.identityPoolId,
    authenticated: actor.authenticated,
    amr: [actor.authenticated ? 'authenticated' : 'unauthenticated'],
  };
}

interface Cell<Who extends Actor> {
  readonly actor: Who;
  readonly owner: Who | undefined;
  readonly attempt: Attempt;
}

/** Every actor at everything of every owner, itself included, and at what spans owners. */
export function cellsOf<Who extends Actor>(scene: Scene, everybody: readonly Who[]): readonly Cell<Who>[] {
  return everybody.flatMap((actor) => [
    ...everybody.flatMap((owner) =>
      attemptsOn(scene, actor, owner).map((attempt) => ({ actor, owner, attempt })),
    ),
    ...attemptsAtLarge(scene, actor).map((attempt) => ({ actor, owner: undefined, attempt })),
  ]);
}

export interface Played {
  readonly outcomes: readonly Outcome[];
  readonly deliveries: readonly Delivery[];
  /** Topics of everybody on which the operator published. */
  readonly published: readonly string[];
}

export interface Stage {
  readonly scene: Scene;
  readonly operator: Operator;
  readonly policyName: string;
  /** The documents' word on one attempt. */
  readonly offline: (actor: Actor, attempt: Attempt) => boolean;
}

/** Plays the whole matrix against the sandbox. */
export async function playMatrix(stage: Stage, everybody: readonly LiveActor[]): Promise<Played> {
  const { scene, operator, policyName, offline } = stage;
  const cells = cellsOf(scene, everybody);
  const published = everybody.flatMap((owner) => topicsOf(scene, owner.identityId));

  const heard = await driveSubscriptions(
    operator,
    scene.topicNamespace,
    cells.flatMap(({ actor, attempt: { deed } }) =>
      deed.kind === 'subscribe' ? [{ actor, filter: deed.filter }] : [],
    ),
    published,
  );
  const publishes = await drivePublishes(operator, cells);
  const ground = { bucket: scene.bucket, policyName, operator, seeded: new Map<string, Promise<unknown>>() };
  /** One after the other; actors do not wait for one another. */
  async function played(mine: typeof cells): Promise<readonly Outcome[]> {
    const outcomes: Outcome[] = [];
    for (const cell of mine)
      outcomes.push({
        ...cell,
        offline: offline(cell.actor, cell.attempt),
        live: await liveWord(cell, ground, heard, publishes),
      });
    return outcomes;
  }
  const outcomes = (
    await Promise.all(everybody.map((actor) => played(cells.filter((cell) => cell.actor === actor))))
  ).flat();
  const deliveries = [...heard.deliveries];
  await heard.close();
  return { outcomes, deliveries, published };
}

async function liveWord(
  { actor, attempt }: Cell<LiveActor>,
  ground: Parameters<typeof driveCall>[0],
  heard: Heard,
  publishes: ReadonlyMap<Attempt, boolean>,
): Promise<boolean | undefined> {
  const { deed } = attempt;
  switch (deed.kind) {
    case 'connect':
      return driveConnect(actor, deed);
    case 'subscribe':
      return heard.granted(actor, deed.filter);
    case 'receive':
      return heard.deliveries.some((one) => one.probe && one.actor === actor && one.topic === deed.topic);
    case 'publish':
      return publishes.get(attempt);
    case 'signaling':
      return driveSignaling(ground.operator, actor, deed);
    default:
      return driveCall(ground, actor, attempt);
  }
}
