import { describe, expect, it } from 'vitest';
import { asyncApiDocument } from '../document/document.ts';
import { readExamples } from '../examples.ts';
import { readDefinitions } from '../schemas/definitions.ts';
import type { Definitions, SchemaNode } from '../schemas/schema-node.ts';
import { compareContracts, refusals } from './compare.ts';
import { readDocument, type ContractDocument } from './document.ts';

const definitions = readDefinitions();
const document = readDocument(asyncApiDocument(definitions, readExamples()));
/** Whatever the version is today, the rules are shown from this one on. */
const released: ContractDocument = { ...document, info: { ...document.info, version: '1.0.0' } };
const CHANGELOG = '# Changelog\n\n## 1.0.0 – 2026-11-30\n\n## 1.0.1 – 2026-12-01\n\n## 1.1.0 – 2026-12-02\n';

/** The contract with some schemas replaced. */
function withSchemas(changed: Definitions, version = released.info.version): ContractDocument {
  const next = readDocument(asyncApiDocument({ ...definitions, ...changed }, readExamples()));
  return { ...next, info: { ...next.info, version } };
}

function withProperty(schema: string, name: string, node: SchemaNode | undefined): Definitions {
  const old = definitions[schema];
  const { [name]: _old, ...others } = old?.properties ?? {};
  const properties = node === undefined ? others : { ...others, [name]: node };
  return { [schema]: { ...old, properties, required: old?.required?.filter((one) => one !== name) } };
}

/** The document with a value in the place that a pointer names. */
function withValue(pointer: string, value: unknown): ContractDocument {
  const copy: unknown = structuredClone(released);
  const keys = pointer.split('/').slice(1);
  const last = keys.pop() ?? '';
  let inner = copy;
  for (const key of keys) inner = Reflect.get(Object(inner) as object, key);
  if (value === undefined) Reflect.deleteProperty(Object(inner) as object, last);
  else Reflect.set(Object(inner) as object, last, value);
  return readDocument(copy);
}

const kindsOf = (next: ContractDocument) => new Set(compareContracts(released, next).map(({ kind }) => kind));
const text: SchemaNode = { type: 'string' };

describe('the comparison of two contracts', () => {
  it('finds nothing between a contract and itself', () => {
    expect(compareContracts(released, structuredClone(released))).toEqual([]);
  });

  it.each([
    ['a field that the service sends is removed', withProperty('UploadState', 'percent', undefined)],
    ['a field of a shared part is removed', withProperty('Position', 'epoch', undefined)],
    ['a field that a client may send is removed', withProperty('ProvisionRequest', 'refused', undefined)],
    [
      'a status is added that readers cannot know',
      { UploadStatus: { type: 'string', enum: ['queued', 'odd'] } },
    ],
  ])('calls it breaking when %s', (_what, changed) => {
    expect(kindsOf(withSchemas(changed))).toContain('breaking');
  });

  it.each([
    ['an optional field is sent', withProperty('UploadState', 'colour', text)],
    ['an optional field may be sent by clients', withProperty('CatchUpRequest', 'colour', text)],
    [
      'a kind of event is added',
      { ProgressEventKind: { anyOf: [{ type: 'string', enum: kindsAnd('new') }, text] } },
    ],
  ])('calls it harmless when %s', (_what, changed) => {
    expect(kindsOf(withSchemas(changed))).toEqual(new Set(['harmless']));
  });

  it.each([
    ['another topic', '/channels/events/address', 'stepcast/v1/{identityId}/elsewhere'],
    ['a topic that is gone', '/channels/overview', undefined],
    ['another QoS', '/operations/receiveProgress/bindings/mqtt/qos', 0],
    ['no retained state', '/operations/receiveState/bindings/mqtt/retain', false],
    ['another content type', '/components/messages/StateMessage/contentType', 'application/json'],
    ['another direction', '/operations/requestCatchUp/action', 'receive'],
    ['a way to sign in that is gone', '/servers/provisioner/security/1', undefined],
    ['an operation that is gone', '/operations/receiveOverview', undefined],
    ['larger messages', '/x-stepcast-limits/messageBytes/value', 256 * 1024],
    ['a larger overview', '/x-stepcast-limits/overviewBytes/value', 128 * 1024],
    ['fewer uploads in a request', '/x-stepcast-limits/catchUpUploads/value', 10],
    ['fewer requests', '/x-stepcast-limits/catchUpRequestsPerSecond/value', 1],
  ])('calls %s breaking', (_what, pointer, value) => {
    expect(kindsOf(withValue(pointer, value))).toContain('breaking');
  });

  it.each([
    ['another channel', '/channels/more', { address: 'stepcast/v1/more' }],
    ['another server', '/servers/more', { host: 'example.com', protocol: 'mqtt' }],
    ['a smaller overview', '/x-stepcast-limits/overviewBytes/value', 32 * 1024],
    ['more requests', '/x-stepcast-limits/catchUpRequestsPerSecond/value', 5],
  ])('calls %s harmless', (_what, pointer, value) => {
    expect(kindsOf(withValue(pointer, value))).toEqual(new Set(['harmless']));
  });
});

function kindsAnd(...more: string[]): (string | number)[] {
  return [...(definitions['ProgressEventKind']?.anyOf?.[0]?.enum ?? []), ...more];
}

describe('publishing after a release', () => {
  const harmless = withProperty('UploadState', 'colour', text);

  it('is refused for a breaking change, whatever the minor version says', () => {
    const next = withSchemas(withProperty('UploadState', 'percent', undefined), '1.1.0');
    expect(refusals(released, next, CHANGELOG)).toEqual(
      expect.arrayContaining([
        'breaking: StateMessage.data.percent: the property was removed or renamed',
        expect.stringContaining('new major version'),
      ]),
    );
  });

  it('is refused for a harmless change until the second number is raised', () => {
    expect(refusals(released, withSchemas(harmless), CHANGELOG)).toEqual([
      expect.stringContaining('second number'),
    ]);
    expect(refusals(released, withSchemas(harmless, '1.0.1'), CHANGELOG)).toEqual([
      expect.stringContaining('second number'),
    ]);
    expect(refusals(released, withSchemas(harmless, '1.1.0'), CHANGELOG)).toEqual([]);
  });

  it('is refused for other words until the third number is raised', () => {
    const reworded = { Epoch: { ...definitions['Epoch'], description: 'other words' } };
    expect(refusals(released, withSchemas(reworded), CHANGELOG)).toEqual([
      expect.stringContaining('third number'),
    ]);
    expect(refusals(released, withSchemas(reworded, '1.0.1'), CHANGELOG)).toEqual([]);
  });

  it('is refused for a version without a section in the changelog, and for an older one', () => {
    expect(refusals(released, withSchemas(harmless, '1.2.0'), CHANGELOG)).toEqual([
      expect.stringContaining('no section "## 1.2.0'),
    ]);
    const later = withSchemas({}, '1.1.0');
    expect(refusals(later, released, CHANGELOG)).toEqual([
      expect.stringContaining('older than the released 1.1.0'),
    ]);
  });
});
