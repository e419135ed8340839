import type { CorsRule } from '../domain/evidence.ts';

/** The changes that the doctor may make itself. Each throws the error of the service that refused it. */
export interface Repairs {
  attachIotPolicy(policyName: string, identityId: string): Promise<void>;
  putCors(bucket: string, rules: readonly CorsRule[]): Promise<void>;
  /** Writes one value into a line of a settings file. */
  setSetting(path: string, line: number, name: string, value: string): Promise<void>;
}

/** Asks the person at the terminal. */
export interface Confirmation {
  confirm(question: string): Promise<boolean>;
  /** Has something typed, for what cannot be undone. Absent where only yes and no can be said. */
  type?(question: string): Promise<string>;
}
