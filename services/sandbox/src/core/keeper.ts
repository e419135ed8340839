/**
 * Where an emulated service keeps what is to outlive the process: texts by key. What `put` and `delete` have done is there after the
 * process has been killed. Without a folder for data nothing is stored.
 */
export interface Keeper {
  /** In the order in which the keys were first put. */
  entries(): readonly (readonly [key: string, text: string])[];
  put(key: string, text: string): void;
  delete(key: string): void;
}

/** Keeps nothing. */
export const forgetful: Keeper = {
  entries: () => [],
  put: () => undefined,
  delete: () => undefined,
};
