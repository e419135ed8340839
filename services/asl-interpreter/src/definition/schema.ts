import { z } from 'zod';
import { isJson, type Json } from '../json.ts';

/**
 * State machines as this interpreter runs them: Amazon States Language in both query languages. Which field goes with which
 * language, and what else a schema cannot say, is checked in `validate.ts`.
 */
export interface Machine {
  readonly StartAt: string;
  readonly States: Readonly<Record<string, State>>;
  readonly QueryLanguage?: QueryLanguage | undefined;
  readonly ProcessorConfig?: ProcessorConfig | undefined;
}

const QueryLanguage = z.enum(['JSONPath', 'JSONata']);
export type QueryLanguage = z.infer<typeof QueryLanguage>;

const ProcessorConfig = z.object({
  Mode: z.optional(z.enum(['INLINE', 'DISTRIBUTED'])),
  ExecutionType: z.optional(z.enum(['STANDARD', 'EXPRESS'])),
});
export type ProcessorConfig = z.infer<typeof ProcessorConfig>;

const path = z.string();
const pathOrNull = z.nullable(z.string());
const template = z.custom<Json>((value) => isJson(value), 'expected a JSON value');
/** `{% … %}` where JSONata may stand for a number or a list. */
const expression = z.string().regex(/^\{%[^]*%\}$/, 'expected a number or a JSONata expression {% … %}');
const items = z.string().regex(/^\{%[^]*%\}$/, 'expected a list, an object or a JSONata expression {% … %}');
const seconds = z.union([z.int().positive().lte(99_999_999), expression]);
const count = z.union([z.int().nonnegative(), expression]);

const Assign = z.record(z.string(), template);
export type Assignments = z.infer<typeof Assign>;

const Retrier = z.object({
  ErrorEquals: z.array(z.string()).min(1),
  IntervalSeconds: z.optional(z.int().positive()),
  MaxAttempts: z.optional(z.int().nonnegative()),
  BackoffRate: z.optional(z.number().gte(1)),
  MaxDelaySeconds: z.optional(z.int().positive()),
  JitterStrategy: z.optional(z.enum(['FULL', 'NONE'])),
});
export type Retrier = z.infer<typeof Retrier>;

const Catcher = z.object({
  ErrorEquals: z.array(z.string()).min(1),
  Next: z.string(),
  ResultPath: z.optional(pathOrNull),
  Assign: z.optional(Assign),
  Output: z.optional(template),
});
export type Catcher = z.infer<typeof Catcher>;

const base = { Comment: z.optional(z.string()), QueryLanguage: z.optional(QueryLanguage) };
const transition = { Next: z.optional(z.string()), End: z.optional(z.boolean()) };
const inputOutput = {
  InputPath: z.optional(pathOrNull),
  OutputPath: z.optional(pathOrNull),
  Output: z.optional(template),
};
const assigning = { Assign: z.optional(Assign) };
const result = { Parameters: z.optional(template), ResultPath: z.optional(pathOrNull) };
const recovery = { Retry: z.optional(z.array(Retrier)), Catch: z.optional(z.array(Catcher)) };

const TaskState = z.object({
  Type: z.literal('Task'),
  Resource: z.string(),
  ...base,
  ...transition,
  ...inputOutput,
  ...assigning,
  ...result,
  ...recovery,
  Arguments: z.optional(template),
  ResultSelector: z.optional(template),
  TimeoutSeconds: z.optional(seconds),
  TimeoutSecondsPath: z.optional(path),
  HeartbeatSeconds: z.optional(seconds),
  HeartbeatSecondsPath: z.optional(path),
  Credentials: z.optional(template),
});
export type TaskState = z.infer<typeof TaskState>;

const PassState = z.object({
  Type: z.literal('Pass'),
  ...base,
  ...transition,
  ...inputOutput,
  ...assigning,
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
    And: z.optional(z.array(ChoiceCondition).min(1)),
    Or: z.optional(z.array(ChoiceCondition).min(1)),
    Not: z.optional(ChoiceCondition),
  }),
);
const ChoiceRule = z.intersection(
  ChoiceCondition,
  z.looseObject({
    Next: z.string(),
    Condition: z.optional(z.union([z.string(), z.boolean()])),
    ...assigning,
    Output: z.optional(template),
  }),
);
export type ChoiceRule = z.infer<typeof ChoiceRule>;

const ChoiceState = z.object({
  Type: z.literal('Choice'),
  ...base,
  ...inputOutput,
  ...assigning,
  Choices: z.array(ChoiceRule).min(1),
  Default: z.optional(z.string()),
});
export type ChoiceState = z.infer<typeof ChoiceState>;

const WaitState = z.object({
  Type: z.literal('Wait'),
  ...base,
  ...transition,
  ...inputOutput,
  ...assigning,
  Seconds: z.optional(count),
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
  ...assigning,
  ...result,
  ...recovery,
  Arguments: z.optional(template),
  ResultSelector: z.optional(template),
  Branches: z.array(nested).min(1),
});
export type ParallelState = z.infer<typeof ParallelState>;

const ItemReader = z.object({
  Resource: z.string(),
  ReaderConfig: z.optional(
    z.object({
      InputType: z.optional(z.enum(['CSV', 'JSON', 'JSONL', 'MANIFEST', 'PARQUET'])),
      CSVDelimiter: z.optional(z.enum(['COMMA', 'PIPE', 'SEMICOLON', 'SPACE', 'TAB'])),
      CSVHeaderLocation: z.optional(z.enum(['FIRST_ROW', 'GIVEN'])),
      CSVHeaders: z.optional(z.array(z.string())),
      ItemsPointer: z.optional(z.string()),
      ManifestType: z.optional(z.enum(['ATHENA_DATA', 'S3_INVENTORY'])),
      Transformation: z.optional(z.enum(['NONE', 'LOAD_AND_FLATTEN'])),
      MaxItems: z.optional(count),
      MaxItemsPath: z.optional(path),
    }),
  ),
  Parameters: z.optional(template),
  Arguments: z.optional(template),
});
export type ItemReader = z.infer<typeof ItemReader>;

const ItemBatcher = z.object({
  BatchInput: z.optional(template),
  MaxItemsPerBatch: z.optional(count),
  MaxItemsPerBatchPath: z.optional(path),
  MaxInputBytesPerBatch: z.optional(count),
  MaxInputBytesPerBatchPath: z.optional(path),
});
export type ItemBatcher = z.infer<typeof ItemBatcher>;

const ResultWriter = z.object({
  Resource: z.optional(z.string()),
  Parameters: z.optional(template),
  Arguments: z.optional(template),
  WriterConfig: z.optional(
    z.object({
      Transformation: z.optional(z.enum(['NONE', 'COMPACT', 'FLATTEN'])),
      OutputType: z.optional(z.enum(['JSON', 'JSONL'])),
    }),
  ),
});
export type ResultWriter = z.infer<typeof ResultWriter>;

const MapState = z.object({
  Type: z.literal('Map'),
  ...base,
  ...transition,
  ...inputOutput,
  ...assigning,
  ...result,
  ...recovery,
  ResultSelector: z.optional(template),
  ItemsPath: z.optional(path),
  Items: z.optional(z.union([z.array(template), z.record(z.string(), template), items])),
  ItemSelector: z.optional(template),
  ItemProcessor: z.optional(nested),
  /** The older name of ItemProcessor. */
  Iterator: z.optional(nested),
  MaxConcurrency: z.optional(count),
  MaxConcurrencyPath: z.optional(path),
  ItemReader: z.optional(ItemReader),
  ItemBatcher: z.optional(ItemBatcher),
  ResultWriter: z.optional(ResultWriter),
  Label: z.optional(z.string().max(40)),
  ToleratedFailureCount: z.optional(count),
  ToleratedFailureCountPath: z.optional(path),
  ToleratedFailurePercentage: z.optional(z.union([z.number().gte(0).lte(100), expression])),
  ToleratedFailurePercentagePath: z.optional(path),
});
export type MapState = z.infer<typeof MapState>;

/** The states by their types; `validate.ts` reads from it which fields there are. */
export const stateSchemas = {
  Task: TaskState,
  Pass: PassState,
  Choice: ChoiceState,
  Wait: WaitState,
  Succeed: SucceedState,
  Fail: FailState,
  Parallel: ParallelState,
  Map: MapState,
} as const;

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

const States = z.record(z.string(), StateSchema);

const MachineSchema: z.ZodType<Machine> = z.object({
  StartAt: z.string(),
  States,
  QueryLanguage: z.optional(QueryLanguage),
  ProcessorConfig: z.optional(ProcessorConfig),
});

/** The outermost machine. */
export const Definition = z.object({
  Comment: z.optional(z.string()),
  Version: z.optional(z.string()),
  QueryLanguage: z.optional(QueryLanguage),
  StartAt: z.string(),
  TimeoutSeconds: z.optional(z.int().positive()),
  States,
});
export type Definition = z.infer<typeof Definition>;

/** Fields of a state of this type; undefined if there is no such type. */
export function stateFields(type: string): ReadonlySet<string> | undefined {
  const schema = Object.entries(stateSchemas).find(([name]) => name === type)?.[1];
  return schema === undefined ? undefined : new Set(Object.keys(schema.shape));
}

/** Fields of a state machine, outermost or not. */
export const machineFields: ReadonlySet<string> = new Set([
  ...Object.keys(Definition.shape),
  'ProcessorConfig',
]);
