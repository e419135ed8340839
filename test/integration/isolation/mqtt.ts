import type { MqttClient } from 'mqtt';
import type { LiveActor, Operator } from './actors.ts';
import type { Delivery } from './judge.ts';
import type { Attempt, Deed } from './table.ts';

/** MQTT 5: reason codes from here on are failures. */
const FAILURE = 0x80;
/** Begins every message of the drivers. */
const PROBE = 'probe ';

/** A connection that asked for one filter, and what came. */
interface Ear {
  readonly actor: LiveActor;
  readonly filter: string;
  readonly granted: boolean;
  readonly delivered: readonly Delivery[];
  /** Resolves with the message that was published last of all. */
  readonly fenced: Promise<void>;
  close(): Promise<void>;
}

export async function driveConnect(
  actor: LiveActor,
  { clientId, persistent = false, will }: Extract<Deed, { kind: 'connect' }>,
): Promise<boolean> {
  let client: MqttClient;
  try {
    client = await actor.connect(clientId, {
      ...(persistent ? { clean: false, properties: { sessionExpiryInterval: 60 } } : {}),
      ...(will === undefined
        ? {}
        : { will: { topic: will, payload: Buffer.from(PROBE), qos: 0, retain: false } }),
    });
  } catch {
    return false;
  }
  await client.endAsync();
  return true;
}

const fenceTopic = (namespace: string, actor: LiveActor) => `${namespace}/${actor.identityId}/replies/fence`;

/** Opens a connection that listens for the fence, then asks for the filter. */
async function listen(actor: LiveActor, namespace: string, filter: string, at: number): Promise<Ear> {
  const client = await actor.connect(`${actor.identityId}-ear${at}`);
  const fence = fenceTopic(namespace, actor);
  const delivered: Delivery[] = [];
  const { promise: fenced, resolve } = Promise.withResolvers<void>();
  client.on('message', (topic, payload) => {
    if (topic === fence) resolve();
    // What filters besides the fence's own bring is counted; of the fence nothing can be said.
    else delivered.push({ actor, topic, filter, probe: payload.toString().startsWith(PROBE) });
  });
  // A connection that the broker closes hears nothing any more.
  client.once('close', resolve);
  if (!(await subscribed(client, fence))) throw new Error(`${actor.name} may not hear its own fence`);
  return {
    actor,
    filter,
    granted: await subscribed(client, filter),
    delivered,
    fenced,
    close: () => client.endAsync(),
  };
}

async function subscribed(client: MqttClient, filter: string): Promise<boolean> {
  try {
    const grants = await client.subscribeAsync(filter, { qos: 1 });
    return grants.every(({ qos }) => qos < FAILURE);
  } catch {
    return false;
  }
}

export interface Heard {
  /** Whether the broker said yes, by filter. */
  granted(actor: LiveActor, filter: string): boolean;
  readonly deliveries: readonly Delivery[];
  close(): Promise<void>;
}

/**
 * Every actor asks for every filter, each on a connection of its own, so that a delivery can be laid at its door. Then the
 * operator publishes on every topic, and last of all a fence for each actor: messages of one publisher reach a connection in
 * order, so a connection that has the fence has everything that it will get.
 */
export async function driveSubscriptions(
  operator: Operator,
  namespace: string,
  asked: readonly { readonly actor: LiveActor; readonly filter: string }[],
  topics: readonly string[],
): Promise<Heard> {
  const ears: Ear[] = [];
  for (const [at, { actor, filter }] of asked.entries())
    ears.push(await listen(actor, namespace, filter, at));
  const mouth = await operator.connect('operator-mouth');
  for (const topic of topics) await mouth.publishAsync(topic, `${PROBE}${topic}`, { qos: 1 });
  for (const actor of new Set(asked.map((one) => one.actor)))
    await mouth.publishAsync(fenceTopic(namespace, actor), PROBE, { qos: 1 });
  await Promise.all(ears.map(({ fenced }) => fenced));
  await mouth.endAsync();
  return {
    granted: (actor, filter) =>
      ears.some((ear) => ear.actor === actor && ear.filter === filter && ear.granted),
    deliveries: ears.flatMap(({ delivered }) => delivered),
    async close() {
      await Promise.all(ears.map((ear) => ear.close()));
    },
  };
}

/**
 * Every actor publishes everything; the operator listens to the whole broker. A message counts as published when it got
 * through, whatever the broker had answered.
 * @returns for each attempt whether its message reached anybody
 */
export async function drivePublishes(
  operator: Operator,
  asked: readonly { readonly actor: LiveActor; readonly attempt: Attempt }[],
): Promise<ReadonlyMap<Attempt, boolean>> {
  const watcher = await operator.connect('operator-watcher');
  const through = new Set<string>();
  const { promise: fenced, resolve } = Promise.withResolvers<void>();
  watcher.on('message', (topic, payload) => {
    if (topic === 'operator/fence') resolve();
    else through.add(payload.toString());
  });
  await watcher.subscribeAsync('#', { qos: 1 });

  const results = new Map<Attempt, string>();
  for (const actor of new Set(asked.map((one) => one.actor))) {
    const client = await actor.connect(`${actor.identityId}-mouth`);
    for (const { attempt } of asked.filter((one) => one.actor === actor)) {
      const { deed } = attempt;
      if (deed.kind !== 'publish') continue;
      const text = `${PROBE}${results.size}`;
      results.set(attempt, text);
      // MQTT 5 with QoS 1: the refusal is a PUBACK with a reason, which the client makes an error of.
      await client.publishAsync(deed.topic, text, { qos: 1, retain: deed.retain }).catch(() => undefined);
    }
    await client.endAsync();
  }
  const mouth = await operator.connect('operator-fence');
  await mouth.publishAsync('operator/fence', '', { qos: 1 });
  await fenced;
  await mouth.endAsync();
  await watcher.endAsync();
  return new Map([...results].map(([attempt, text]) => [attempt, through.has(text)]));
}
