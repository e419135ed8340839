import { describe, expect, it } from 'vitest';
import fc from 'fast-check';
import { UsageError } from '../errors.ts';
import {
  AuditQuery,
  HistoryQuery,
  LetterChange,
  LookUpQuery,
  ParkedChange,
  PlanRequest,
  QuarantineChange,
  readBody,
  readRequest,
  StatsQuery,
  StepRequest,
} from './requests.ts';

const bodies = [LetterChange, ParkedChange, QuarantineChange, PlanRequest, StepRequest] as const;
const queries = [StatsQuery, HistoryQuery, AuditQuery, LookUpQuery] as const;

describe('a request of the page', () => {
  it('is read or refused with a line that says what is wrong, whatever the body is', () => {
    const texts = fc.oneof(
      fc.string(),
      fc.json(),
      fc.jsonValue().map((value) => JSON.stringify({ ids: value, executions: value })),
    );
    fc.assert(
      fc.property(fc.constantFrom(...bodies), texts, (schema, text) => {
        try {
          readBody(schema, text);
        } catch (thrown) {
          expect(thrown).toBeInstanceOf(UsageError);
          expect(thrown).toMatchObject({ message: expect.stringMatching(/\S/) });
        }
      }),
    );
  });

  it('is read or refused, whatever the query is', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...queries),
        fc.dictionary(
          fc.constantFrom('what', 'minutes', 'limit', 'quick'),
          fc.oneof(fc.string(), fc.array(fc.string())),
        ),
        (schema, query) => {
          try {
            readRequest(schema, query);
          } catch (thrown) {
            expect(thrown).toBeInstanceOf(UsageError);
          }
        },
      ),
    );
  });

  it('names each part that is wrong', () => {
    expect(() => readBody(LetterChange, '{"action":"burn","ids":[""]}')).toThrow(
      'action is retry or drop; ids.0 says nothing',
    );
    expect(() => readBody(LetterChange, '{"action":"drop","ids":["a"]}')).toThrow('reason is missing');
    expect(() => readBody(LetterChange, '{"action":"retry"}')).toThrow('name letters by ids, or a code');
    expect(() => readBody(QuarantineChange, '{"action":"release","executions":["a"]}')).toThrow(
      'reason is missing',
    );
    expect(() => readBody(PlanRequest, '{}')).toThrow('name what to replay');
    expect(() => readBody(PlanRequest, '{"from":"2026-02-01","to":"2026-01-01"}')).toThrow(
      'from is after to',
    );
    expect(() => readBody(PlanRequest, '{"from":"yesterday"}')).toThrow('from is no time such as');
    expect(() => readBody(StepRequest, 'x')).toThrow('the body is no JSON');
    expect(() => readBody(StepRequest, undefined)).toThrow('the body is no JSON');
    expect(() => readRequest(HistoryQuery, { minutes: '1e9' })).toThrow('minutes is at most 180');
    expect(() => readRequest(LookUpQuery, {})).toThrow('what is missing');
    expect(() => readRequest(LookUpQuery, { what: 'x'.repeat(5_000) })).toThrow(
      'has more than 4096 characters',
    );
  });

  it('takes times in any form that is one, as UTC', () => {
    fc.assert(
      fc.property(fc.date({ noInvalidDate: true, min: new Date(0), max: new Date(4e12) }), (date) => {
        const { from } = readBody(PlanRequest, JSON.stringify({ from: date.toISOString() }));
        expect(from).toBe(date.toISOString());
      }),
    );
  });

  it('asks no reason for a retry, and takes an empty one as none', () => {
    expect(readBody(LetterChange, '{"action":"retry","ids":["a"],"reason":"  "}')).toMatchObject({
      reason: null,
    });
    expect(readBody(ParkedChange, '{"action":"retry","executions":["a"]}')).toMatchObject({ reason: null });
  });
});
