import { describe, expect, it } from 'vitest';
import { planOf } from './stand-in-settings.ts';

const plan = (settings: unknown) =>
  planOf(typeof settings === 'string' ? settings : JSON.stringify(settings), {
    file: 'stand-ins.json',
    tasks: ['Resize', 'Ship'],
    random: () => 0.5,
  });

describe('--stand-ins', () => {
  it('says how long a stand-in takes: a number, or the least and the most', () => {
    const of = plan({ default: { seconds: 2 }, states: { Resize: { seconds: [1, 4] } } });
    expect([of('Resize', 0).seconds, of('Ship', 0).seconds, plan({})('Ship', 0).seconds]).toEqual([
      2.5, 2, 0.3,
    ]);
  });

  it('says which tries fail: the first ones, or all', () => {
    const of = plan({
      states: {
        Resize: { fails: { error: 'Busy', times: 2 } },
        Ship: { seconds: 0, fails: { error: 'Gone', cause: 'for good' } },
      },
    });
    expect([0, 1, 2].map((attempt) => of('Resize', attempt).failure?.error)).toEqual([
      'Busy',
      'Busy',
      undefined,
    ]);
    expect(of('Ship', 9)).toEqual({ seconds: 0, failure: { error: 'Gone', cause: 'for good' } });
  });

  it('lets a state replace what is said of all, by field', () => {
    const of = plan({ default: { seconds: 9, fails: { error: 'E' } }, states: { Ship: { seconds: 1 } } });
    expect(of('Ship', 0)).toMatchObject({ seconds: 1, failure: { error: 'E' } });
  });

  it.each([
    ['{', 'stand-ins.json does not say what stand-ins do'],
    [{ states: { Nope: { seconds: 1 } } }, '"Nope", which the definition has no Task for'],
    [{ states: { Ship: { seconds: -1 } } }, 'states'],
    [{ states: { Ship: { seconds: [4, 1] } } }, 'Ship'],
    [{ states: { Ship: { fail: { error: 'x' } } } }, 'fail'],
    [{ Ship: { seconds: 1 } }, 'Ship'],
  ])('refuses %j', (settings, message) => {
    expect(() => plan(settings)).toThrow(expect.objectContaining({ code: 'SANDBOX_STAND_INS_INVALID' }));
    expect(() => plan(settings)).toThrow(message);
  });
});
