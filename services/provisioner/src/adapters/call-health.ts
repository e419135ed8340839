import { asError, type CheckResult, type Clock, type RateGate } from '@stepcast/kit';

/** Whether something that this service calls answers. */
export interface CallHealth {
  /** Runs a call of the everyday work and remembers how it ended. Passes on its value or its error. */
  readonly observe: <T>(call: () => Promise<T>) => Promise<T>;
  /** A readiness check. It calls only when the everyday work tells too little; questions at the same time share a call. */
  readonly check: () => Promise<CheckResult>;
}

export interface CallHealthOptions {
  /** A cheap call. Its success means that the service can do its work. */
  readonly probe: () => Promise<unknown>;
  readonly clock: Clock;
  /** How long a success is good for, in milliseconds. Default 60,000. */
  readonly goodForMs?: number;
  /** The shortest time between two probes, in milliseconds. Default 15,000. */
  readonly probeEveryMs?: number;
  /** Whether a success stays good for its time whatever fails meanwhile: what it brought is remembered. Default false. */
  readonly outlivesFailures?: boolean;
}

/**
 * Judges by everyday calls as long as they succeed. A failed one only raises suspicion, since it may be about one caller:
 * the probe decides. So an idle process probes once a minute, one whose dependency is away every 15 seconds, and one that
 * nobody asks for its readiness never.
 */
export function createCallHealth(options: CallHealthOptions): CallHealth {
  const { probe, clock, goodForMs = 60_000, probeEveryMs = 15_000, outlivesFailures = false } = options;
  let goodUntilMs = Number.NEGATIVE_INFINITY;
  let probedAtMs = Number.NEGATIVE_INFINITY;
  let lastProbe: CheckResult = { ok: true };
  let probing: Promise<CheckResult> | undefined;

  function succeeded(): void {
    goodUntilMs = clock.nowMs() + goodForMs;
  }
  function failed(): void {
    if (!outlivesFailures) goodUntilMs = Number.NEGATIVE_INFINITY;
  }

  async function observe<T>(call: () => Promise<T>): Promise<T> {
    try {
      const value = await call();
      succeeded();
      return value;
    } catch (thrown) {
      failed();
      throw thrown;
    }
  }

  async function ask(): Promise<CheckResult> {
    probedAtMs = clock.nowMs();
    try {
      await probe();
      succeeded();
      lastProbe = { ok: true };
    } catch (thrown) {
      failed();
      lastProbe = { ok: false, reason: rootOf(thrown) };
    }
    return lastProbe;
  }

  return {
    observe,
    async check() {
      const nowMs = clock.nowMs();
      if (nowMs < goodUntilMs) return { ok: true };
      if (probing === undefined && nowMs - probedAtMs < probeEveryMs) return lastProbe;
      probing ??= ask().finally(() => {
        probing = undefined;
      });
      return probing;
    },
  };
}

/** A gate that tells how the calls behind it end. A full gate says nothing about them. */
export function observedGate(gate: RateGate, health: Pick<CallHealth, 'observe'>): RateGate {
  return { run: (call) => gate.run(() => health.observe(call)) };
}

/** What lies behind an error of ours, which says only that the call failed. */
function rootOf(thrown: unknown): string {
  const { name, message, cause } = asError(thrown);
  return cause === undefined ? `${name}: ${message}` : `${message} (${asError(cause).name})`;
}
