import type { Dice } from '../random.ts';
import type { Attack } from '../world.ts';
import { answerOf, outcomeOf, type Trick } from './trick.ts';

/** Filters that would hear the victim if anybody let them. */
function foreignFilter({ victim, sandbox }: Attack, dice: Dice): string {
  const space = sandbox.info.topicNamespace;
  const upload = `${victim.topics}/uploads/${victim.uploadId}`;
  const filter = dice.pick([
    `${victim.topics}/#`,
    `${victim.topics}/+/+/events`,
    `${upload}/events`,
    `${upload}/state`,
    `${victim.topics}/overview`,
    `${victim.topics}/replies/+`,
    `${victim.topics}/requests/#`,
    `${space}/#`,
    `${space}/+/uploads/+/events`,
    `${space}/+/overview`,
    `+/+/+/#`,
    '#',
    '+/#',
    '/#',
    `${space}//${victim.identityId}/#`,
    `${space}/${victim.identityId.toUpperCase()}/#`,
    `${space}/${victim.identityId}\0/#`,
    '$SYS/#',
    '$aws/events/presence/connected/#',
    '$aws/things/+/shadow/#',
  ]);
  return dice.int(3) === 0 ? `$share/${dice.pick(['g', 'engine', '+', '$share'])}/${filter}` : filter;
}

async function isGranted(attack: Attack, filter: string, options: { readonly rh?: number }): Promise<void> {
  const client = await attack.connection();
  const grants = await answerOf(
    client,
    client.subscribeAsync(filter, { qos: attack.dice.pick([0, 1]), ...options }),
  );
  if (grants.every(({ qos }) => qos >= 0x80)) throw new Error('refused');
}

export const subscribeTricks: readonly Trick[] = [
  {
    name: 'subscribe to topics of others',
    attempt: (attack) => outcomeOf(isGranted(attack, foreignFilter(attack, attack.dice), {}), 'breach'),
  },
  {
    name: 'ask for retained messages of others',
    attempt: (attack) =>
      outcomeOf(
        isGranted(attack, foreignFilter(attack, attack.dice), { rh: attack.dice.pick([0, 1, 2]) }),
        'breach',
      ),
  },
  {
    name: 'hide a foreign filter among own ones',
    async attempt(attack) {
      const foreign = foreignFilter(attack, attack.dice);
      const own = `${attack.attacker.topics}/overview`;
      const filters = attack.dice.int(2) === 0 ? [own, foreign] : [foreign, own];
      const client = await attack.connection();
      try {
        const grants = await answerOf(client, client.subscribeAsync(filters, { qos: 1 }));
        const granted = grants.filter(({ topic, qos }) => topic === foreign && qos < 0x80);
        return granted.length > 0 ? 'breach' : 'refused';
      } catch {
        return 'refused';
      }
    },
  },
];
