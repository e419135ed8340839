import type { AedesOptions, Client } from 'aedes';
import type { Authorizer, Principal } from '../core/index.ts';
import { accessOf, type ConnectAttribute } from './access.ts';
import type { BrokerLog, BrokerStats, Connection } from './connection.ts';
import { checkFilter, filterMatches } from './limits.ts';
import { fromWire } from './subscribe-rewriter.ts';

export interface GatekeeperOptions {
  readonly region: string;
  readonly accountId: string;
  readonly authorizer: Authorizer;
  readonly authenticateService: (username: string, password: string) => Principal | undefined;
  readonly log: BrokerLog;
  readonly stats: BrokerStats;
  readonly connections: Pick<WeakMap<Client, Connection>, 'get'>;
  readonly joinShared: (filter: string, client: Client, qos: 0 | 1) => void;
}

export type Gatekeeper = Required<
  Pick<
    AedesOptions,
    'preConnect' | 'authenticate' | 'authorizePublish' | 'authorizeSubscribe' | 'authorizeForward'
  >
>;

/** The places where aedes asks: may this one connect, subscribe, publish, get this message? */
export function createGatekeeper(options: GatekeeperOptions): Gatekeeper {
  const { authorizer, connections, joinShared, log, stats } = options;
  const attributes = new WeakMap<Client, ConnectAttribute[]>();

  return {
    preConnect(client, packet, done) {
      const persistent =
        packet.protocolVersion === 5
          ? (packet.properties?.sessionExpiryInterval ?? 0) > 0
          : packet.clean === false;
      attributes.set(client, [
        ...(persistent ? (['PersistentConnect'] as const) : []),
        ...(packet.will === undefined ? [] : (['LastWill'] as const)),
      ]);
      done(null, true);
    },

    authenticate(client, username, password, done) {
      const connection = connections.get(client);
      const refuse = (returnCode: 4 | 5, reason: string) => {
        stats.refusedConnects++;
        log.debug({ clientId: client.id, reason }, 'mqtt connect refused');
        done(Object.assign(new Error(reason), { returnCode }), false);
      };
      if (connection === undefined) {
        refuse(5, 'unknown connection');
        return;
      }
      if (connection.transport === 'tcp')
        connection.principal = options.authenticateService(username ?? '', password?.toString() ?? '');
      if (connection.principal === undefined) {
        refuse(4, 'unknown service or wrong password');
        return;
      }
      const access = accessOf(authorizer, options, { principal: connection.principal, clientId: client.id });
      const decision = access.connect(attributes.get(client) ?? []);
      if (!decision.allowed) {
        refuse(5, decision.reason);
        return;
      }
      connection.access = access;
      done(null, true);
    },

    authorizePublish(client, packet, done) {
      const access = client === null ? undefined : connections.get(client)?.access;
      const decision =
        access === undefined || packet.topic.startsWith('$')
          ? { allowed: false, reason: 'topics that begin with $ are reserved' }
          : access.publish(packet.topic, packet.retain);
      if (decision.allowed) {
        stats.published++;
        done(null);
        return;
      }
      stats.refusedPublishes++;
      log.debug(
        { clientId: client?.id, topic: packet.topic, reason: decision.reason },
        'mqtt publish refused',
      );
      done(new Error(decision.reason));
    },

    authorizeSubscribe(client, subscription, done) {
      const connection = connections.get(client);
      const filter = fromWire(subscription.topic);
      // Filters of a restored session come here too, and did not pass the guard this time.
      const decision =
        connection?.access !== undefined && filter !== undefined && checkFilter(filter).ok
          ? connection.access.subscribe(filter)
          : { allowed: false, reason: 'topic filter over a limit, malformed or reserved' };
      if (connection === undefined || filter === undefined || !decision.allowed) {
        stats.refusedSubscriptions++;
        log.debug({ clientId: client.id, filter, reason: decision.reason }, 'mqtt subscribe refused');
        done(null, null);
        return;
      }
      connection.subscriptions.add(filter);
      if (filter.startsWith('$share/')) joinShared(filter, client, subscription.qos === 0 ? 0 : 1);
      done(null, subscription);
    },

    authorizeForward(client, packet) {
      const connection = connections.get(client);
      if (connection?.access === undefined) return null;
      // Aedes takes `a/#` to match `a`; IoT Core does not.
      if (![...connection.subscriptions].some((filter) => filterMatches(unshared(filter), packet.topic)))
        return null;
      if (!connection.access.receive(packet.topic).allowed) {
        stats.withheld++;
        return null;
      }
      stats.delivered++;
      return packet;
    },
  };
}

function unshared(filter: string): string {
  const check = checkFilter(filter);
  return check.ok ? check.parsed.filter : filter;
}
