import { z } from 'zod';
import { isJson, type Json } from '../json.ts';

/**
 * State machines as this interpreter runs them: the JSONPath part of the Amazon States Language. What is not here was
 * refused by `unsupported.ts` before.
 */
export interface Machine {
  readonly StartAt: string;
  readonly States: Readonly<Record<string, State>>;
}

const path = z.string();
const pathOrNull = z.nullable(z.string());
const template = z.custom<Json>((value) => isJson(value), 'expected a JSON value');
const seconds = z.int().positive();

const Retrier = z.object({
  ErrorEquals: z.array(z.string()),
  IntervalSeconds: z.optional(z.int().positive()),
  MaxAttempts: z.optional(z.int().nonnegative()),
  BackoffRate: z.optional(z.number().gte(1)),
  MaxDelaySeconds: z.optional(z.int().positive()),
  JitterStrategy: z.optional(z.enum(['FULL', 'NONE'])),
});
export type Retrier = z.infer<typeof Retrier>;

const Catcher = z.object({
  ErrorEquals: z.array(z.string()),
  Next: z.string(),
  ResultPath: z.optional(pathOrNull),
});
export type Catcher = z.infer<typeof Catcher>;

const base = { Comment: z.optional(z.string()) };
const transition = { Next: z.optional(z.string()), End: z.optional(z.boolean()) };
const inputOutput = { InputPath: z.optional(pathOrNull), OutputPath: z.optional(pathOrNull) };
const result = {
  Parameters: z.optional(template),
  ResultPath: z.optional(pathOrNull),
};
const recovery = { Retry: z.optional(z.array(Retrier)), Catch: z.optional(z.array(Catcher)) };

const TaskState = z.object({
  Type: z.literal('Task'),
  Resource: z.string(),
  ...base,
  ...transition,
  ...inputOutput,
  ...result,
  ...recovery,
  ResultSelector: z.optional(template),
  TimeoutSeconds: z.optional(seconds),
  TimeoutSecondsPath: z.optional(path),
  HeartbeatSeconds: z.optional(seconds),
  HeartbeatSecondsPath: z.optional(path),
});
export type TaskState = z.infer<typeof TaskState>;

const PassState = z.object({
  Type: z.literal('Pass'),
  ...base,
  ...transition,
  ...inputOutput,
  ...result,
  Result: z.optional(template),
});
export type PassState = z.infer<typeof PassState>;

/** A condition of a Choice rule: one comparison, or And, Or, Not over conditions. Read by `engine/choice-rules.ts`. */
export interface ChoiceCondition {
  readonly Variable?: string | undefined;
  readonly And?: readonly ChoiceCondition[] | undefined;
  readonly Or?: readonly ChoiceCondition[] | undefined;
  readonly Not?: ChoiceCondition | undefined;
  readonly [operator: string]: unknown;
}
const ChoiceCondition: z.ZodType<ChoiceCondition> = z.lazy(() =>
  z.looseObject({
    Variable: z.optional(z.string()),
    And: z.optional(z.array(ChoiceCondition)),
    Or: z.optional(z.array(ChoiceCondition)),
    Not: z.optional(ChoiceCondition),
  }),
);
const ChoiceState = z.object({
  Type: z.literal('Choice'),
  ...base,
  ...inputOutput,
  Choices: z.array(z.intersection(ChoiceCondition, z.looseObject({ Next: z.string() }))),
  Default: z.optional(z.string()),
});
export type ChoiceState = z.infer<typeof ChoiceState>;

const WaitState = z.object({
  Type: z.literal('Wait'),
  ...base,
  ...transition,
  ...inputOutput,
  Seconds: z.optional(z.int().nonnegative()),
  SecondsPath: z.optional(path),
  Timestamp: z.optional(z.string()),
  TimestampPath: z.optional(path),
});
export type WaitState = z.infer<typeof WaitState>;

const SucceedState = z.object({ Type: z.literal('Succeed'), ...base, ...inputOutput });
export type SucceedState = z.infer<typeof SucceedState>;

const FailState = z.object({
  Type: z.literal('Fail'),
  ...base,
  Error: z.optional(z.string()),
  ErrorPath: z.optional(z.string()),
  Cause: z.optional(z.string()),
  CausePath: z.optional(z.string()),
});
export type FailState = z.infer<typeof FailState>;

const nested: z.ZodType<Machine> = z.lazy(() => MachineSchema);

const ParallelState = z.object({
  Type: z.literal('Parallel'),
  ...base,
  ...transition,
  ...inputOutput,
  ...result,
  ...recovery,
  ResultSelector: z.optional(template),
  Branches: z.array(nested),
});
export type ParallelState = z.infer<typeof ParallelState>;

const MapState = z.object({
  Type: z.literal('Map'),
  ...base,
  ...transition,
  ...inputOutput,
  ...result,
  ...recovery,
  ResultSelector: z.optional(template),
  ItemsPath: z.optional(path),
  ItemSelector: z.optional(template),
  ItemProcessor: z.optional(nested),
  /** The older name of ItemProcessor. */
  Iterator: z.optional(nested),
  MaxConcurrency: z.optional(z.int().nonnegative()),
  MaxConcurrencyPath: z.optional(path),
});
export type MapState = z.infer<typeof MapState>;

const StateSchema = z.discriminatedUnion('Type', [
  TaskState,
  PassState,
  ChoiceState,
  WaitState,
  SucceedState,
  FailState,
  ParallelState,
  MapState,
]);
export type State = z.infer<typeof StateSchema>;

const MachineSchema: z.ZodType<Machine> = z.object({
  StartAt: z.string(),
  States: z.record(z.string(), StateSchema),
});

/** The outermost machine. */
export const Definition = z.object({
  Comment: z.optional(z.string()),
  StartAt: z.string(),
  TimeoutSeconds: z.optional(z.int().positive()),
  States: z.record(z.string(), StateSchema),
});
export type Definition = z.infer<typeof Definition>;
