import { describe, expect, it } from 'vitest';
import { parseJson } from '@stepcast/contracts';
import fc from 'fast-check';
import * as z from 'zod';
import { createChannels } from './channels.ts';
import { createRelay, MAX_VIEWERS, type Peer } from './relay.ts';

const Received = z.looseObject({ messageType: z.string() });

function world() {
  const clock = { nowMs: 1_764_058_120_804 };
  const now = () => clock.nowMs;
  const channel = createChannels({ region: 'us-east-1', accountId: '111122223333', now }).create('session-a');
  const relay = createRelay(channel, now);
  /** Joins under a client ID, or as master without one. */
  const join = (clientId?: string) => {
    const received: unknown[] = [];
    const displaced: string[] = [];
    const peer: Peer = {
      clientId,
      send: (text) => {
        const message = parseJson(Received, text);
        received.push(message.ok ? message.value : text);
      },
      displace: (reason) => displaced.push(reason),
    };
    relay.join(peer);
    const say = (message: object) => {
      relay.take(peer, JSON.stringify(message));
    };
    return { peer, received, displaced, say };
  };
  return { clock, relay, join };
}

const offer = { action: 'SDP_OFFER', messagePayload: 'b2ZmZXI=' };

describe('the signaling relay', () => {
  it('brings what a viewer says to the master and names the viewer, whomever the viewer names', () => {
    const { join } = world();
    const [master, one, two] = [join(), join('one'), join('two')];
    one.say({ ...offer, recipientClientId: 'two' });
    expect(master.received).toEqual([
      { senderClientId: 'one', messageType: 'SDP_OFFER', messagePayload: 'b2ZmZXI=' },
    ]);
    expect(two.received).toEqual([]);
  });

  it('brings what the master says to the viewer that it names, and to nobody else', () => {
    const { join } = world();
    const [master, one, two] = [join(), join('one'), join('two')];
    master.say({ action: 'SDP_ANSWER', messagePayload: 'YW5zd2Vy', recipientClientId: 'two' });
    expect(two.received).toEqual([{ messageType: 'SDP_ANSWER', messagePayload: 'YW5zd2Vy' }]);
    expect([...one.received, ...master.received]).toEqual([]);
  });

  it('keeps messages for who is not there yet, the newest offer only, until their time is over', () => {
    const { join, clock } = world();
    const viewer = join('one');
    viewer.say({ action: 'ICE_CANDIDATE', messagePayload: 'b2xk' });
    clock.nowMs += 59_999;
    viewer.say({ ...offer, messagePayload: 'Zmlyc3Q=' });
    viewer.say({ ...offer, messagePayload: 'c2Vjb25k' });
    clock.nowMs += 1;
    const master = join();
    expect(master.received).toEqual([
      { senderClientId: 'one', messageType: 'SDP_OFFER', messagePayload: 'c2Vjb25k' },
    ]);
    expect(join().received).toEqual([]);
  });

  it('keeps the message of one viewer whatever another sends meanwhile: a flood pushed it out', () => {
    const { join, clock } = world();
    const [flooder, viewer] = [join('flooder'), join('one')];
    viewer.say(offer);
    for (let n = 0; n < 500; n++) {
      clock.nowMs += 60;
      flooder.say({ action: 'ICE_CANDIDATE', messagePayload: 'eA==' });
    }
    const senders = join().received.map((message) => Received.parse(message)['senderClientId']);
    expect(senders.filter((sender) => sender === 'one')).toHaveLength(1);
    expect(senders).toHaveLength(100);
  });

  it('takes five offers and twenty candidates a second of one connection, and as many of each other', () => {
    const { join, clock } = world();
    const [master, fast, other] = [join(), join('fast'), join('other')];
    const sendAll = () => {
      for (let n = 0; n < 30; n++) {
        fast.say({ ...offer, correlationId: `offer-${n}` });
        fast.say({ action: 'ICE_CANDIDATE', messagePayload: 'eA==' });
      }
    };
    sendAll();
    other.say(offer);
    expect(master.received).toHaveLength(5 + 20 + 1);
    expect(fast.received).toHaveLength(25);
    expect(fast.received[0]).toMatchObject({
      statusResponse: { correlationId: 'offer-5', errorType: 'ClientLimitExceededException' },
    });
    clock.nowMs += 1_000;
    sendAll();
    expect(master.received).toHaveLength(26 + 25);
  });

  it('gives the place to the newest master, and the old one’s leaving takes nothing from it', () => {
    const { join, relay } = world();
    const [first, second, viewer] = [join(), join(), join('one')];
    expect(first.displaced).toHaveLength(1);
    relay.leave(first.peer);
    viewer.say(offer);
    expect(first.received).toEqual([]);
    expect(second.received).toHaveLength(1);
  });

  it('takes ten viewers, one of them again, and the master besides', () => {
    const { join, relay } = world();
    for (let n = 0; n < MAX_VIEWERS; n++) join(`viewer-${n}`);
    expect([relay.hasRoomFor('more'), relay.hasRoomFor('viewer-0'), relay.hasRoomFor(undefined)]).toEqual([
      false,
      true,
      true,
    ]);
  });

  it.each([
    ['no JSON', 'nonsense', 0],
    [
      'an unknown action',
      JSON.stringify({ action: 'GO_AWAY', messagePayload: 'eA==', correlationId: 'c' }),
      1,
    ],
    ['no payload', JSON.stringify({ action: 'SDP_OFFER', correlationId: 'c' }), 1],
    [
      'too large a payload',
      JSON.stringify({ ...offer, messagePayload: 'x'.repeat(10_001), correlationId: 'c' }),
      1,
    ],
    ['no recipient, from the master', JSON.stringify({ ...offer, correlationId: 'c' }), 1],
    ['no recipient and nothing to answer to', JSON.stringify(offer), 0],
  ])('delivers nothing of %s, and says so where the message has a correlation ID', (_what, text, answers) => {
    const { join, relay } = world();
    const [master, viewer] = [join(), join('one')];
    relay.take(master.peer, text);
    expect(viewer.received).toEqual([]);
    expect(master.received).toEqual(
      Array.from({ length: answers }, () =>
        expect.objectContaining({
          messageType: 'STATUS_RESPONSE',
          statusResponse: expect.objectContaining({ correlationId: 'c', statusCode: '400' }),
        }),
      ),
    );
  });

  it('never brings a viewer anything but what the master addressed to it, in order', () => {
    const name = fc.constantFrom('one', 'two', 'three');
    const step = fc.oneof(
      fc.record({ kind: fc.constant('join' as const), who: fc.option(name, { nil: undefined }) }),
      fc.record({ kind: fc.constant('leave' as const), who: fc.option(name, { nil: undefined }) }),
      fc.record({ kind: fc.constant('say' as const), who: fc.option(name, { nil: undefined }), to: name }),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const { join, relay } = world();
        const present = new Map<string | undefined, ReturnType<typeof join>>();
        const everybody: { who: string | undefined; received: unknown[] }[] = [];
        steps.forEach(({ kind, who, ...rest }, index) => {
          if (kind === 'join') {
            const joined = join(who);
            present.set(who, joined);
            everybody.push({ who, received: joined.received });
          } else if (kind === 'leave') {
            const gone = present.get(who);
            if (gone !== undefined) relay.leave(gone.peer);
            present.delete(who);
          } else {
            const to = 'to' in rest ? rest.to : '';
            const payload = `${String(index).padStart(3, '0')} ${who ?? 'master'} to ${to}`;
            present
              .get(who)
              ?.say({ action: 'ICE_CANDIDATE', messagePayload: payload, recipientClientId: to });
          }
        });
        for (const { who, received } of everybody) {
          const payloads = received.map(
            (one) => z.object({ messagePayload: z.string() }).parse(one).messagePayload,
          );
          expect(payloads).toEqual(payloads.toSorted());
          for (const payload of payloads)
            expect(payload).toMatch(
              who === undefined ? / (one|two|three) to / : new RegExp(` master to ${who}$`),
            );
        }
      }),
    );
  });
});
