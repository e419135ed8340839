import { MESSAGE_TYPES } from '@stepcast/contracts';
import type { IClientPublishOptions } from 'mqtt';
import type { Dice } from '../random.ts';
import { MARK, type Attack } from '../world.ts';
import { answerOf, outcomeOf, type Trick } from './trick.ts';

function foreignTopic({ victim, sandbox }: Attack, dice: Dice): string {
  const upload = `${victim.topics}/uploads/${victim.uploadId}`;
  return dice.pick([
    `${upload}/events`,
    `${upload}/state`,
    `${victim.topics}/overview`,
    `${victim.topics}/replies/tab`,
    `${victim.topics}/requests/tab`,
    `${victim.topics}/requests/${MARK}`,
    victim.topics,
    `${victim.topics}/`,
    `${sandbox.info.topicNamespace}/../${victim.topics}/overview`,
    `$aws/rules/anything/${victim.topics}/overview`,
  ]);
}

function properties(attack: Attack): NonNullable<IClientPublishOptions['properties']> {
  const { dice, victim } = attack;
  return dice.pick<NonNullable<IClientPublishOptions['properties']>>([
    {},
    { responseTopic: `${victim.topics}/overview`, correlationData: Buffer.from(MARK) },
    { messageExpiryInterval: 1, payloadFormatIndicator: true },
    { userProperties: { identityId: victim.identityId }, contentType: 'application/json' },
    { topicAlias: 1 + dice.int(8) },
  ]);
}

/** A QoS 1 publish without authorization ends the connection or gets a reason code; either rejects. */
async function publish(attack: Attack, topic: string, payload: string, retain: boolean): Promise<void> {
  const client = await attack.connection();
  await answerOf(
    client,
    client.publishAsync(topic, payload, { qos: 1, retain, properties: properties(attack) }),
  );
}

function catchUpFor(attack: Attack, id: string): string {
  const { uploadId } = attack.victim;
  return JSON.stringify({
    specversion: '1.0',
    id,
    type: MESSAGE_TYPES.catchUpRequest,
    time: new Date().toISOString(),
    source: MARK,
    datacontenttype: 'application/json',
    data: {
      requestId: MARK,
      uploads: [
        {
          uploadId,
          position: attack.dice.pick([
            null,
            { epoch: 'aaaaaaaaaaaa', epochStartedAt: '2026-01-01T00:00:00.000Z', offset: 1 },
          ]),
        },
      ],
      overview: true,
    },
  });
}

export const publishTricks: readonly Trick[] = [
  {
    name: 'publish to topics of others',
    attempt: (attack) =>
      outcomeOf(publish(attack, foreignTopic(attack, attack.dice), MARK, attack.dice.int(2) === 0), 'breach'),
  },
  {
    name: 'publish under an alias that stood for an own topic',
    async attempt(attack) {
      const client = await attack.connection();
      const topicAlias = 1 + attack.dice.int(8);
      const own = `${attack.attacker.topics}/requests/alias`;
      try {
        await answerOf(client, client.publishAsync(own, MARK, { qos: 1, properties: { topicAlias } }));
        await answerOf(
          client,
          client.publishAsync(foreignTopic(attack, attack.dice), MARK, {
            qos: 1,
            properties: { topicAlias },
          }),
        );
        return 'breach';
      } catch {
        return 'refused';
      }
    },
  },
  {
    name: 'ask for catch-up of an upload of others, on the own topic',
    async attempt(attack) {
      const session = `c${attack.dice.int(1_000)}`;
      const client = await attack.connection();
      await answerOf(client, client.subscribeAsync(`${attack.attacker.topics}/replies/#`, { qos: 1 }));
      // It is answered that the upload is unknown; an answer that knows it is a delivery to the wrong person.
      return outcomeOf(
        publish(attack, `${attack.attacker.topics}/requests/${session}`, catchUpFor(attack, session), false),
        'harmless',
      );
    },
  },
  {
    name: 'ask for catch-up in the name of others',
    attempt: (attack) =>
      outcomeOf(
        publish(attack, `${attack.victim.topics}/requests/x`, catchUpFor(attack, 'x'), false),
        'breach',
      ),
  },
];
