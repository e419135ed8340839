/** A definition of our own with an input: what two interpreters are compared over. */
export interface Sample {
  readonly name: string;
  readonly definition: object;
  readonly input: unknown;
  /** States run side by side: the order of ids is then a matter of luck, and only chains are compared. */
  readonly concurrent?: boolean;
}

export const pass = (fields: object = {}) => ({ Type: 'Pass', End: true, ...fields });
export const fail = (Error_ = 'E', Cause = 'c') => ({ Type: 'Fail', Error: Error_, Cause });
export const one = (state: object) => ({ StartAt: 'S', States: { S: state } });
/** A state and what follows it. */
export const leadingTo = (state: object, next: object = pass()) => ({
  StartAt: 'S',
  States: { S: { ...state, Next: 'T' }, T: next },
});
/** A state with a Catch to a Pass. */
export const caught = (state: object, catcher: object = {}) => ({
  StartAt: 'S',
  States: {
    S: { ...state, End: true, Catch: [{ ErrorEquals: ['States.ALL'], Next: 'C', ...catcher }] },
    C: pass(),
  },
});
export const machine = (name: string, state: object = pass()) => ({
  StartAt: name,
  States: { [name]: state },
});
export const sample = (name: string, definition: object, input: unknown = {}): Sample => ({
  name,
  definition,
  input,
});
export const concurrent = (name: string, definition: object, input: unknown = {}): Sample => ({
  ...sample(name, definition, input),
  concurrent: true,
});

export const data = {
  a: { b: [10, 20, 30], c: { d: 'deep' } },
  t: 'x,y',
  n: 7,
  yes: true,
  none: null,
  list: [
    { k: 1, v: 'p' },
    { k: 2, v: 'q' },
  ],
};
