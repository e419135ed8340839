import type { Aedes, AedesPublishPacket, Client } from 'aedes';
import { checkFilter, filterMatches } from './limits.ts';

export interface SharedSubscriptions {
  /** @param text `$share/{name}/{filter}`, already checked */
  join(text: string, client: Client, qos: 0 | 1): void;
  leave(text: string, client: Client): void;
  leaveAll(client: Client): void;
}

interface Group {
  readonly members: Map<Client, 0 | 1>;
  readonly filter: string;
  readonly deliver: (packet: AedesPublishPacket, done: () => void) => void;
}

/**
 * `$share/{name}/{filter}` on top of aedes, which has none: the group itself listens to the filter and hands each message
 * to one member, chosen at random among those that `mayReceive`.
 *
 * Not as in IoT Core: when no member is connected the message is lost, also where one has a persistent session.
 */
export function createSharedSubscriptions(options: {
  readonly broker: Pick<Aedes, 'subscribe' | 'unsubscribe'>;
  readonly mayReceive: (client: Client, topic: string) => boolean;
  /** A number from 0 up to, not including, 1. */
  readonly random: () => number;
}): SharedSubscriptions {
  const { broker, mayReceive, random } = options;
  const groups = new Map<string, Group>();

  function newGroup(filter: string): Group {
    const members: Group['members'] = new Map();
    return {
      members,
      filter,
      deliver(packet, done) {
        if (filterMatches(filter, packet.topic)) {
          const able = [...members].filter(([client]) => mayReceive(client, packet.topic));
          const chosen = able[Math.floor(random() * able.length)];
          if (chosen !== undefined) handOver(chosen, packet);
        }
        done();
      },
    };
  }

  function leave(text: string, client: Client): void {
    const group = groups.get(text);
    if (group?.members.delete(client) !== true || group.members.size > 0) return;
    groups.delete(text);
    broker.unsubscribe(group.filter, group.deliver, () => undefined);
  }

  return {
    join(text, client, qos) {
      const check = checkFilter(text);
      if (!check.ok) return;
      let group = groups.get(text);
      if (group === undefined) {
        group = newGroup(check.parsed.filter);
        groups.set(text, group);
        broker.subscribe(group.filter, group.deliver, () => undefined);
      }
      group.members.set(client, qos);
    },
    leave,
    leaveAll(client) {
      for (const text of [...groups.keys()]) leave(text, client);
    },
  };
}

function handOver([client, qos]: readonly [Client, 0 | 1], packet: AedesPublishPacket): void {
  client.publish(
    {
      cmd: 'publish',
      topic: packet.topic,
      payload: packet.payload,
      qos: packet.qos > 0 ? qos : 0,
      retain: false,
      dup: false,
      ...(packet.properties === undefined ? {} : { properties: packet.properties }),
    },
    () => undefined,
  );
}
