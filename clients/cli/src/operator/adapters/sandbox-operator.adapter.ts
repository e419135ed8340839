import { describeIssues, parseJson } from '@stepcast/contracts';
import { asError } from '@stepcast/kit';
import * as z from 'zod';
import { SandboxUnreachableError } from '../../errors.ts';

const OperatorJson = z.object({ accessKeyId: z.string(), secretAccessKey: z.string() });
export type OperatorKey = z.infer<typeof OperatorJson>;

/** The key of the sandbox's operator, which the sandbox gives to programs on this machine. @throws SandboxUnreachableError */
export async function loadSandboxOperator(url: string, get: typeof fetch = fetch): Promise<OperatorKey> {
  let text: string;
  try {
    const response = await get(new URL('/operator.json', url), { signal: AbortSignal.timeout(5_000) });
    if (!response.ok) throw new SandboxUnreachableError(url, `/operator.json: HTTP ${response.status}`);
    text = await response.text();
  } catch (thrown) {
    if (thrown instanceof SandboxUnreachableError) throw thrown;
    throw new SandboxUnreachableError(url, asError(thrown).message, { cause: thrown });
  }
  const parsed = parseJson(OperatorJson, text);
  if (!parsed.ok) throw new SandboxUnreachableError(url, `/operator.json: ${describeIssues(parsed.issues)}`);
  return parsed.value;
}
