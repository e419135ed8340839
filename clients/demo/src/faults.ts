import { describeIssues, parseJson } from '@stepcast/contracts';
import * as z from 'zod/mini';

/** What the sandbox does wrong on purpose: probabilities from 0 to 1 by name. */
const Rates = z.record(z.string(), z.number());
export type FaultRates = z.infer<typeof Rates>;

const Refusal = z.object({ error: z.object({ message: z.string() }) });

/** The sandbox did not say or change its faults; the message is for the person. */
export class FaultsError extends Error {
  readonly code = 'DEMO_FAULTS';
  readonly retryable = true;
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'FaultsError';
  }
}

/** @throws FaultsError */
export const currentFaults = (): Promise<FaultRates> => ask({ method: 'GET' });

/** Changes some of the faults and resolves to all of them. @throws FaultsError */
export const changeFaults = (rates: FaultRates): Promise<FaultRates> =>
  ask({ method: 'PATCH', headers: { 'content-type': 'application/json' }, body: JSON.stringify(rates) });

async function ask(init: RequestInit): Promise<FaultRates> {
  let response: Response;
  let text: string;
  try {
    response = await fetch('/faults', { ...init, cache: 'no-store', signal: AbortSignal.timeout(10_000) });
    text = await response.text();
  } catch (error) {
    throw new FaultsError('The sandbox does not answer.', { cause: error });
  }
  if (!response.ok) {
    const refusal = parseJson(Refusal, text);
    throw new FaultsError(refusal.ok ? refusal.value.error.message : `HTTP ${response.status}`);
  }
  const rates = parseJson(Rates, text);
  if (!rates.ok) throw new FaultsError(`/faults is not usable: ${describeIssues(rates.issues)}`);
  return rates.value;
}
