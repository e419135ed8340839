import type { Command } from 'commander';
import type { Environment } from '@stepcast/kit';
import type { Confirmation } from '../ports/repairs.port.ts';
import * as z from 'zod';
import { UsageError } from '../errors.ts';
import { EXIT } from '@stepcast/operations';
import type { DeploymentOperator } from '../operator/connect.ts';
import { optionProblems } from '../option-problems.ts';
import { readPlace, withPlaceOptions, type PlaceSettings } from '../operator/options.ts';
import { printableLine } from '../report/lines.ts';

/** What a command for operators is run with. */
export interface CommandContext {
  readonly environment: Environment;
  /** Writes on standard output as it is. */
  out(text: string): void;
  /** Writes on standard error as it is. */
  err(text: string): void;
  readonly confirmation: Confirmation | undefined;
  /** Whether standard error is a terminal that shows progress in one line. */
  readonly showsProgress: boolean;
  readonly columns: number;
  /** From the first call on, the operator's Ctrl+C aborts the signal instead of ending the process. */
  readonly interruption: () => AbortSignal;
  readInput(): AsyncIterable<string>;
  connect(settings: PlaceSettings): Promise<DeploymentOperator>;
  /** Sets the exit code. */
  exit(code: number): void;
}

/** What a command hands back: JSON for programs, lines for people. */
export interface Answer {
  readonly schema: string;
  readonly json: object;
  readonly lines: readonly string[];
  /** Default 0. */
  readonly exitCode?: number;
}

export interface Running {
  readonly operator: DeploymentOperator;
  readonly json: boolean;
  readonly context: CommandContext;
  /** Writes lines for people, whatever stands in them: each stays one line. */
  readonly say: (lines: readonly string[]) => void;
  /** Writes lines beside the answer: progress, warnings, how to go on. */
  readonly note: (lines: readonly string[]) => void;
}

/** Examples below the help of a command. */
export function withExamples(command: Command, examples: readonly (readonly [string, string])[]): Command {
  const width = Math.max(...examples.map(([line]) => line.length));
  return command.addHelpText(
    'after',
    `\nExamples:\n${examples.map(([line, what]) => `  ${line.padEnd(width)}  ${what}`).join('\n')}\n`,
  );
}

const Json = z.object({ json: z.boolean().default(false) });

/** Makes a command one for operators: it connects, runs, prints the answer as asked for, and lets go of what it held. */
export function operatorAction(
  command: Command,
  context: CommandContext,
  run: (running: Running, args: readonly string[], options: unknown) => Promise<Answer | undefined>,
  /** What the command answers without a deployment, from its arguments alone; undefined: it has to connect. */
  known: (args: readonly string[]) => Answer | undefined = () => undefined,
): Command {
  return withPlaceOptions(command).action(async (...given: unknown[]) => {
    const args = given
      .slice(0, -2)
      .flatMap((one) => (typeof one === 'string' ? [one] : Array.isArray(one) ? one.map(String) : []));
    const options = command.optsWithGlobals();
    const print = (write: (text: string) => void) => (lines: readonly string[]) => {
      if (lines.length > 0) write(`${lines.map(printableLine).join('\n')}\n`);
    };
    const say = print((text) => {
      context.out(text);
    });
    const note = print((text) => {
      context.err(text);
    });
    const answer = (given: Answer, json: boolean): void => {
      if (json) context.out(`${JSON.stringify({ schema: given.schema, ...given.json }, undefined, 2)}\n`);
      else say(given.lines);
      context.exit(given.exitCode ?? EXIT.done);
    };
    const atOnce = known(args);
    if (atOnce !== undefined) {
      answer(atOnce, optionsOf(Json, options).json);
      return;
    }
    const settings = readPlace(options, context.environment);
    const operator = await context.connect(settings);
    try {
      const found = await run({ operator, json: settings.json, context, say, note }, args, options);
      if (found !== undefined) answer(found, settings.json);
    } finally {
      operator.close();
    }
  });
}

/** @throws UsageError naming each option that is wrong */
export function optionsOf<S extends z.ZodType>(schema: S, given: unknown): z.output<S> {
  const parsed = schema.safeParse(given);
  if (parsed.success) return parsed.data;
  throw new UsageError(optionProblems(parsed.error));
}
