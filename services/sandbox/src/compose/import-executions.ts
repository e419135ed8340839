import { readFile } from 'node:fs/promises';
import { describeIssues, parseJson, type ErrorReply } from '@stepcast/contracts';
import { isToken } from '@stepcast/forwarder';
import { asError } from '@stepcast/kit';
import { TOKEN_HEADER } from '@stepcast/wire';
import type { FastifyInstance } from 'fastify';
import * as z from 'zod';
import { RecordingInvalidError, RecordingRefusedError, type StepFunctions } from '../stepfunctions/index.ts';

export const IMPORT_PATH = '/executions';

/** A history of 25,000 events without long inputs and outputs is about 12 MiB. */
const BODY_LIMIT_BYTES = 64 * 1024 * 1024;

type Importer = Pick<StepFunctions, 'importExecution'>;

/**
 * Adds `POST /executions`: imports an execution that ran somewhere else, so that it can be replayed here, offline. The body
 * is `{ "execution": …, "history": …, "stateMachine"?: …, "mapRuns"?: […] }`, each part the unchanged output of
 * `aws stepfunctions describe-execution`, `get-execution-history` (all pages), `describe-state-machine-for-execution` and
 * `describe-map-run`. From then on the emulated Step Functions answers for it, under the same rights as for any other;
 * its log records are replayed through `POST /awslogs`.
 *
 * Answers 201 with `{ executionArn, status, events }`; 400 with what is wrong and what to do; 403 without the token; 409 when the sandbox ran that
 * execution itself or keeps as many as it can; 413 above 64 MiB; 415 for anything but `application/json`, which pages of
 * other origins cannot send.
 */
export async function registerImportRoute(
  server: FastifyInstance,
  importer: Importer,
  token: string,
): Promise<void> {
  await server.register((scope, _options, registered) => {
    scope.removeAllContentTypeParsers();
    scope.addContentTypeParser(
      'application/json',
      { parseAs: 'string', bodyLimit: BODY_LIMIT_BYTES },
      (_request, body, done) => {
        done(null, body);
      },
    );
    scope.addHook('onRequest', async (request, response) => {
      if (isToken(request.headers[TOKEN_HEADER], token)) return;
      const message = `the header ${TOKEN_HEADER} is missing or wrong; GET /sandbox.json on this machine has it`;
      const reply: ErrorReply = { error: { code: 'SANDBOX_TOKEN_REFUSED', message, retryable: false } };
      await response.code(403).header('connection', 'close').send(reply);
    });
    scope.setErrorHandler(async (thrown, _request, response) => {
      const error = asError(thrown);
      const code = thrown instanceof RecordingRefusedError ? thrown.code : 'SANDBOX_RECORDING_INVALID';
      const reply: ErrorReply = { error: { code, message: error.message, retryable: false } };
      await response.code(statusOf(error)).send(reply);
    });
    scope.post(IMPORT_PATH, async (request, response) => {
      const imported = importer.importExecution(
        parsed(typeof request.body === 'string' ? request.body : '', 'the body'),
      );
      await response.code(201).send(imported);
    });
    registered();
  });
}

function statusOf(thrown: Error): number {
  if (thrown instanceof RecordingInvalidError) return 400;
  if (thrown instanceof RecordingRefusedError) return 409;
  return 'statusCode' in thrown && typeof thrown.statusCode === 'number' ? thrown.statusCode : 500;
}

function parsed(text: string, what: string): unknown {
  const json = parseJson(z.unknown(), text);
  if (!json.ok) throw new RecordingInvalidError(`${what} is wrong: ${describeIssues(json.issues)}`);
  return json.value;
}

/** Imports what `--recording FILE` names, at the start. @throws RecordingInvalidError, RecordingRefusedError */
export async function importFiles(files: readonly string[], importer: Importer): Promise<void> {
  for (const file of files) {
    let text: string;
    try {
      text = await readFile(file, 'utf8');
    } catch (thrown) {
      throw new RecordingInvalidError(`--recording ${file} cannot be read: ${asError(thrown).message}`, {
        cause: thrown,
      });
    }
    try {
      importer.importExecution(parsed(text, 'the file'));
    } catch (thrown) {
      if (!(thrown instanceof RecordingInvalidError)) throw thrown;
      throw new RecordingInvalidError(`--recording ${file}: ${thrown.message}`, { cause: thrown });
    }
  }
}
