import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import * as contracts from '@stepcast/contracts';
import fc from 'fast-check';
import ts from 'typescript';
import * as fold from '../published/v1/fold.js';
import type * as types from '../published/v1/types.d.ts';
import * as published from '../published/v1/validators.js';
import { readExamples } from './examples.ts';

const FOLDER = join(import.meta.dirname, '..', 'published', 'v1');
const examples = readExamples();
const schemas = {
  ProgressMessage: contracts.ProgressMessage,
  StateMessage: contracts.StateMessage,
  OverviewMessage: contracts.OverviewMessage,
  CatchUpRequestMessage: contracts.CatchUpRequestMessage,
  CatchUpReplyMessage: contracts.CatchUpReplyMessage,
  CorrelationMessage: contracts.CorrelationMessage,
  ProvisionRequest: contracts.ProvisionRequest,
  ProvisionReply: contracts.ProvisionReply,
  GuestAccess: contracts.GuestAccess,
  ErrorReply: contracts.ErrorReply,
} as const;
const validators: Readonly<Record<keyof typeof schemas, (value: unknown) => boolean>> = {
  ProgressMessage: published.isProgressMessage,
  StateMessage: published.isStateMessage,
  OverviewMessage: published.isOverviewMessage,
  CatchUpRequestMessage: published.isCatchUpRequestMessage,
  CatchUpReplyMessage: published.isCatchUpReplyMessage,
  CorrelationMessage: published.isCorrelationMessage,
  ProvisionRequest: published.isProvisionRequest,
  ProvisionReply: published.isProvisionReply,
  GuestAccess: published.isGuestAccess,
  ErrorReply: published.isErrorReply,
};

/** Messages of the services, and what is published of them. */
interface Agreeing {
  ProgressMessage: [contracts.ProgressMessage, types.ProgressMessage];
  StateMessage: [contracts.StateMessage, types.StateMessage];
  OverviewMessage: [contracts.OverviewMessage, types.OverviewMessage];
  CatchUpRequestMessage: [contracts.CatchUpRequestMessage, types.CatchUpRequestMessage];
  CatchUpReplyMessage: [contracts.CatchUpReplyMessage, types.CatchUpReplyMessage];
  CorrelationMessage: [contracts.CorrelationMessage, types.CorrelationMessage];
  ProvisionRequest: [contracts.ProvisionRequest, types.ProvisionRequest];
  ProvisionReply: [contracts.ProvisionReply, types.ProvisionReply];
  GuestAccess: [contracts.GuestAccess, types.GuestAccess];
  ErrorReply: [contracts.ErrorReply, types.ErrorReply];
}

/** Compiles only while every message of the services has the published type. */
const asPublished: {
  readonly [Message in keyof Agreeing]: (message: Agreeing[Message][0]) => Agreeing[Message][1];
} = {
  ProgressMessage: (message) => message,
  StateMessage: (message) => message,
  OverviewMessage: (message) => message,
  CatchUpRequestMessage: (message) => message,
  CatchUpReplyMessage: (message) => message,
  CorrelationMessage: (message) => message,
  ProvisionRequest: (message) => message,
  ProvisionReply: (message) => message,
  GuestAccess: (message) => message,
  ErrorReply: (message) => message,
};

/** Every place inside of a value, as the keys that lead there. */
function placesIn(value: unknown, path: readonly string[] = []): string[][] {
  const inner = typeof value === 'object' && value !== null ? Object.entries(value) : [];
  return [[...path], ...inner.flatMap(([key, one]) => placesIn(one, [...path, key]))];
}

/** The value with another one in a place, or without that place. */
function altered(
  value: unknown,
  [key, ...rest]: readonly string[],
  change: { readonly to: unknown } | null,
): unknown {
  if (key === undefined || typeof value !== 'object' || value === null) return change?.to;
  const entries = Object.entries(value).flatMap(([name, inner]): [string, unknown][] => {
    if (name !== key) return [[name, inner]];
    return rest.length === 0 && change === null ? [] : [[name, altered(inner, rest, change)]];
  });
  return Array.isArray(value) ? entries.map(([, inner]) => inner) : Object.fromEntries(entries);
}

const change = fc.option(
  fc.record({
    to: fc.constantFrom<unknown>(
      '',
      'x',
      '2026-11-03T10:15:00.000Z',
      '2026-02-30T10:15:00Z',
      0,
      1,
      -1,
      1.5,
      true,
      null,
      [],
      {},
    ),
  }),
);
const alteration = fc.constantFrom(...examples).chain(({ schema, value }) =>
  fc.record({
    message: fc.constantFrom(
      ...(Object.keys(schemas) as (keyof typeof schemas)[]).filter((one) => one === schema),
    ),
    value: fc
      .tuple(fc.constantFrom(...placesIn(value)), change)
      .map(([place, to]) => altered(value, place, to)),
  }),
);

describe('a published validator', () => {
  it.each(examples)('accepts the example $name of $schema', ({ schema, value }) => {
    const [message] = Object.entries(validators).filter(([name]) => name === schema);
    expect(message?.[1](value)).toBe(true);
  });

  it('accepts what the services accept, and refuses what they refuse', () => {
    fc.assert(
      fc.property(alteration, ({ message, value }) => {
        const accepted = contracts.parseValue(schemas[message], value);
        // A kind that is not known yet spoils no message for a reader.
        const byKind =
          !accepted.ok &&
          accepted.issues.every(({ path }) => path.endsWith('.kind') && path.includes('.events.'));
        fc.pre(!byKind);
        expect(validators[message](value)).toBe(accepted.ok);
      }),
    );
  });

  it('accepts an event of a kind that is not known yet', () => {
    const [first] = examples;
    const value = altered(first?.value, ['data', 'events', '0', 'kind'], { to: 'invented' });
    expect(published.isProgressMessage(value)).toBe(true);
  });

  it('says where a value is wrong', () => {
    expect(published.isProvisionRequest({ refused: 1 })).toBe(false);
    expect(published.isProvisionRequest.errors).toMatchObject([
      { instancePath: '/refused', keyword: 'type' },
    ]);
  });
});

describe('the published fold', () => {
  it('folds the events of the examples into the state of the examples', () => {
    const read = (name: string, schema: typeof contracts.ProgressMessage) =>
      schema.parse(examples.find((one) => one.name === name)?.value).data;
    const [first, later] = [
      read('firstEvents', contracts.ProgressMessage),
      read('laterEvents', contracts.ProgressMessage),
    ];
    const { data: state } = contracts.StateMessage.parse(
      examples.find(({ name }) => name === 'running')?.value,
    );
    const { identityId, uploadId, epoch, epochStartedAt } = first;
    const empty = fold.emptyState({
      identityId,
      uploadId,
      epoch,
      epochStartedAt,
      bucket: state.bucket,
      key: state.key,
    });
    expect([...first.events, ...later.events].reduce(fold.foldEvent, empty)).toEqual(state);
  });

  it('exports the limits of the contract', () => {
    expect(fold.MAX_STEPS).toBe(contracts.MAX_STEPS);
    expect(fold.MAX_EXECUTIONS).toBe(contracts.MAX_EXECUTIONS);
  });
});

const CONSUMER = `
import { emptyState, foldEvent } from './fold.js';
import type { ProgressMessage, UploadState } from './types.d.ts';
import { isProgressMessage } from './validators.js';

export function read(value: unknown, state: UploadState): UploadState {
  if (!isProgressMessage(value)) throw new TypeError(isProgressMessage.errors?.[0]?.message);
  const { identityId, uploadId, epoch, epochStartedAt, events }: ProgressMessage['data'] = value.data;
  const begin = epoch === state.position.epoch ? state : emptyState({ ...state, identityId, uploadId, epoch, epochStartedAt });
  return events.reduce(foldEvent, begin);
}
// @ts-expect-error a status is one of the published words
export const status: UploadState['status'] = 'odd';
`;

describe('the published types', () => {
  it('are those of the messages of the services', () => {
    expect(Object.keys(asPublished)).toEqual(Object.keys(schemas));
  });

  it('serve a strict consumer that has nothing else of ours', () => {
    const path = join(FOLDER, 'consumer.ts');
    const options: ts.CompilerOptions = {
      strict: true,
      exactOptionalPropertyTypes: true,
      noEmit: true,
      allowImportingTsExtensions: true,
      module: ts.ModuleKind.NodeNext,
      target: ts.ScriptTarget.ES2022,
      lib: ['lib.es2022.d.ts'],
      types: [],
    };
    const host = ts.createCompilerHost(options);
    const withConsumer: ts.CompilerHost = {
      ...host,
      fileExists: (name) => name === path || host.fileExists(name),
      getSourceFile: (name, settings, ...more) =>
        name === path
          ? ts.createSourceFile(name, CONSUMER, settings)
          : host.getSourceFile(name, settings, ...more),
    };
    const problems = ts.getPreEmitDiagnostics(ts.createProgram([path], options, withConsumer));
    expect(problems.map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, '\n'))).toEqual([]);
  });
});
