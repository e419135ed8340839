import { describe, expect, it } from 'vitest';
import { letterById } from './dead-letters/mend-letters.ts';
import { AmbiguousSubjectError, UnknownSubjectError, UsageError, WholeNameError } from './errors.ts';
import { findOneUpload } from './reading/uploads.ts';
import { fakeOperator } from './testing/fake-operator.ts';
import { IDENTITY, storeStream } from './testing/stored-stream.ts';
import { heldByName, PARKED } from './waiting/held.ts';

/** The same names as letters and as executions that wait: what holds of one holds of the other. */
const KINDS = [
  {
    kind: 'dead letters',
    find: (names: readonly string[], text: string, whole: boolean) =>
      letterById(
        names.map((id) => ({ id, receipt: id, sentMs: 0, letter: undefined, body: '' })),
        text,
        { whole },
      ).id,
  },
  {
    kind: 'parked executions',
    find: (names: readonly string[], text: string, whole: boolean) =>
      heldByName(
        names.map((name) => ({ digest: name, executionArn: undefined, owner: undefined, parked: [] })),
        text === '' ? text : `execution#${text}`,
        PARKED,
        whole,
      ).digest,
  },
];

describe.each(KINDS)('the name of $kind', ({ find }) => {
  const names = ['load-1', 'load-10', 'other'];

  it('may be a beginning where nothing is lost, and is the whole name where something is dropped', () => {
    expect(find(names, 'ot', false)).toBe('other');
    expect(() => find(names, 'ot', true)).toThrow(WholeNameError);
    expect(find(names, 'other', true)).toBe('other');
  });

  it('is that of one, whatever else begins so', () => {
    expect(find(names, 'load-1', true)).toBe('load-1');
    expect(() => find(names, 'load', false)).toThrow(AmbiguousSubjectError);
    expect(() => find(names, 'load', true)).toThrow(AmbiguousSubjectError);
  });

  it('is refused where it is unknown or empty', () => {
    expect(() => find(names, 'nobody', false)).toThrow(UnknownSubjectError);
    expect(() => find(names, '', false)).toThrow(UsageError);
  });

  it('is said to be only a beginning where a whole one is needed: a letter was said to stand "for 1"', () => {
    expect(() => find(names, 'ot', true)).toThrow(
      /ot" is only a beginning; what is dropped is named in full/,
    );
  });
});

describe('one upload', () => {
  it('is not what an identity stands for that has several; 20 of them are named', async () => {
    const operator = fakeOperator();
    const [first = ''] = Array.from({ length: 25 }, (_, index) => storeStream(operator, `${index}.png`, 1));
    expect(await findOneUpload(operator.table, first)).toEqual({ identityId: IDENTITY, uploadId: first });
    const several = findOneUpload(operator.table, IDENTITY);
    await expect(several).rejects.toThrow(/stands for more than 20; give one of these in full/);
    await expect(several).rejects.toMatchObject({ candidates: expect.objectContaining({ length: 20 }) });
  });
});
