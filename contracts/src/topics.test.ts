import { describe, expect, it } from 'vitest';
import fc from 'fast-check';
import {
  clientIdOf,
  IdentityId,
  SessionId,
  TOPIC_LIMITS,
  topicSpace,
  TopicNamespaceError,
  uploadIdOf,
  type Topic,
} from './index.ts';

const hex = (length: number) =>
  fc.string({
    unit: fc.constantFrom('0', '1', '2', '3', '4', '5', '6', '7', '8', '9', 'a', 'b', 'c', 'd', 'e', 'f'),
    minLength: length,
    maxLength: length,
  });
const identityIds = fc
  .tuple(
    fc.constantFrom('us-east-1', 'ap-southeast-2', 'us-gov-west-1', 'eu-central-1'),
    hex(8),
    hex(4),
    hex(4),
    hex(4),
    hex(12),
  )
  .map(([region, ...guid]) => IdentityId.parse(`${region}:${guid.join('-')}`));
const sessions = fc.stringMatching(/^[A-Za-z0-9_-]{1,36}$/).map((text) => SessionId.parse(text));
/** Any JavaScript string of up to 1,024 UTF-16 units: astral, NUL, lone surrogates and all. */
const keys = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 1024 }),
  fc.string({
    unit: fc.constantFrom('#', '+', '/', '\0', '$', '\ud800', '\udfff', '%', ' ', '…', '\u{1f4f7}'),
    maxLength: 512,
  }),
  fc
    .array(fc.integer({ min: 0, max: 0xffff }), { maxLength: 1024 })
    .map((units) => String.fromCharCode(...units)),
);
const namespaces = fc.stringMatching(/^[A-Za-z0-9_.-]{1,20}(\/[A-Za-z0-9_.-]{1,20}){0,3}$/);
const topics: fc.Arbitrary<Topic> = fc.oneof(
  fc.record({
    kind: fc.constantFrom('events' as const, 'state' as const),
    identityId: identityIds,
    uploadId: keys.map((key) => uploadIdOf('bucket', key)),
  }),
  fc.record({ kind: fc.constant('overview' as const), identityId: identityIds }),
  fc.record({
    kind: fc.constantFrom('requests' as const, 'replies' as const),
    identityId: identityIds,
    session: sessions,
  }),
);

describe('topics', () => {
  it('are legal for AWS IoT Core whatever the object key contains', () => {
    fc.assert(
      fc.property(namespaces, topics, (namespace, topic) => {
        const text = topicSpace(namespace).build(topic);
        expect(Buffer.byteLength(text)).toBeLessThanOrEqual(TOPIC_LIMITS.maxBytes);
        expect(text.split('/').length - 1).toBeLessThanOrEqual(TOPIC_LIMITS.maxSlashes);
        expect(text).toMatch(/^[\x21-\x7e]+$/);
        expect(text).not.toMatch(/[#+$]/);
        expect(text).not.toMatch(/^\/|\/$|\/\//);
      }),
    );
  });

  it('come back from parsing as they were built', () => {
    fc.assert(
      fc.property(namespaces, topics, (namespace, topic) => {
        const space = topicSpace(namespace);
        expect(space.parse(space.build(topic))).toEqual(topic);
      }),
    );
  });

  it('parse nothing that building would not give back letter for letter', () => {
    const space = topicSpace();
    const nearMisses = fc
      .tuple(topics, fc.nat(), fc.constantFrom('', '/', '#', '+', 'x', '//', ' ', '\0'))
      .map(([topic, at, insert]) => {
        const text = space.build(topic);
        const index = at % (text.length + 1);
        return text.slice(0, index) + insert + text.slice(index + (insert === '' ? 1 : 0));
      });
    fc.assert(
      fc.property(fc.oneof(nearMisses, fc.string()), (text) => {
        const topic = space.parse(text);
        if (topic !== undefined) expect(space.build(topic)).toBe(text);
      }),
    );
  });

  it('stay inside 256 bytes with the longest namespace that is accepted', () => {
    const longest = 'n'.repeat(158);
    const identityId = IdentityId.parse('ap-southeast-2:1f0e2d3c-4b5a-c6d7-8e9f-0a1b2c3d4e5f');
    const text = topicSpace(longest).build({ kind: 'events', identityId, uploadId: uploadIdOf('b', 'k') });
    expect(Buffer.byteLength(text)).toBeLessThanOrEqual(TOPIC_LIMITS.maxBytes);
    expect(() => topicSpace(`${longest}n`)).toThrow(TopicNamespaceError);
  });

  it.each(['', '/', 'a//b', '/a', 'a/', 'a/#', 'a/+', '$aws', 'a b', 'a/b/c/d/e', 'ü'])(
    'are refused under the namespace %j',
    (namespace) => {
      expect(() => topicSpace(namespace)).toThrow(TopicNamespaceError);
    },
  );

  it('keep client IDs inside 128 bytes', () => {
    fc.assert(
      fc.property(identityIds, sessions, (identityId, session) => {
        expect(Buffer.byteLength(clientIdOf(identityId, session))).toBeLessThanOrEqual(128);
      }),
    );
  });
});
