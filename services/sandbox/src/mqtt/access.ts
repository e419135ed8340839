import { regionalArn, type Authorizer, type Decision, type Principal } from '../core/index.ts';

export type ConnectAttribute = 'PersistentConnect' | 'LastWill';

/** The questions that an MQTT connection raises, in the words of IoT policies. */
export interface Access {
  connect(attributes: readonly ConnectAttribute[]): Decision;
  /** @param filter as the client sent it, with `$share/…/` where it has one */
  subscribe(filter: string): Decision;
  receive(topic: string): Decision;
  publish(topic: string, retain: boolean): Decision;
}

/**
 * Puts the questions of one connection to the authorizer. Nothing is remembered: IoT Core evaluates `iot:Receive` on
 * every delivery, and a policy that is detached while the connection is open must bite.
 *
 * A shared subscription is asked for as `topicfilter/$share/{name}/{filter}`, as in the sample policies of AWS's SDKs.
 */
export function accessOf(
  authorizer: Authorizer,
  arnPrefix: { readonly region: string; readonly accountId: string },
  who: { readonly principal: Principal; readonly clientId: string },
): Access {
  const { principal, clientId } = who;
  const ask = (action: string, resource: string, context: Readonly<Record<string, readonly string[]>> = {}) =>
    authorizer.authorize({
      principal,
      action,
      resource: regionalArn(arnPrefix, 'iot', resource),
      context: { 'iot:ClientId': clientId, ...context },
    });
  return {
    connect: (attributes) =>
      ask(
        'iot:Connect',
        `client/${clientId}`,
        attributes.length === 0 ? {} : { 'iot:ConnectAttributes': attributes },
      ),
    subscribe: (filter) => ask('iot:Subscribe', `topicfilter/${filter}`),
    receive: (topic) => ask('iot:Receive', `topic/${topic}`),
    publish(topic, retain) {
      const decision = ask('iot:Publish', `topic/${topic}`);
      return decision.allowed && retain ? ask('iot:RetainPublish', `topic/${topic}`) : decision;
    },
  };
}
