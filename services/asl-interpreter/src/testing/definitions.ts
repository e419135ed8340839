import { functionArn, type Handler } from './harness.ts';

/** Short ways to write the definitions and functions of tests. */
export const task = (fields: object = {}) => ({
  Type: 'Task',
  Resource: functionArn('fn'),
  End: true,
  ...fields,
});
export const machine = (state: object, others: Record<string, object> = {}) => ({
  StartAt: 'S',
  States: { S: state, ...others },
});
export const handler = (fn: Handler): Record<string, Handler> => ({ fn });
export const failing = (name: string, message = 'boom') =>
  handler(() => {
    throw Object.assign(new Error(message), { name });
  });
export const never = handler(() => new Promise(() => undefined));
