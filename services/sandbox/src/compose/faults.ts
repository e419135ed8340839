import type { FaultRates } from '../config.ts';
import type { EventFaults } from '../events/index.ts';
import type { LogFaults } from '../logs/index.ts';

/** The faults on the ways of events to Stepcast. Each way reads them anew for each event, so a change counts from the next event on. */
export interface FaultSettings {
  /** Each a probability from 0 to 1. */
  readonly rates: FaultRates;
  /** Changes those that are given. */
  change(rates: Partial<FaultRates>): void;
  readonly ofLogs: LogFaults;
  /** For status changes of executions. */
  readonly ofStatuses: EventFaults;
  /** For S3's events, which start workflows: only `loseUploads` loses one. */
  readonly ofUploads: EventFaults;
}

/** @param first the rates of the command line */
export function faultSettings(first: FaultRates): FaultSettings {
  let rates = first;
  const live = (lose: () => number, truncate: () => number) => ({
    get duplicate() {
      return rates.duplicate;
    },
    get reorder() {
      return rates.reorder;
    },
    get delay() {
      return rates.delay;
    },
    get lose() {
      return lose();
    },
    get truncate() {
      return truncate();
    },
  });
  const never = () => 0;
  return {
    get rates() {
      return rates;
    },
    change: (changed) => {
      rates = { ...rates, ...changed };
    },
    ofLogs: live(
      () => rates.lose,
      () => rates.truncate,
    ),
    ofStatuses: live(() => rates.lose, never),
    ofUploads: live(() => rates.loseUploads, never),
  };
}
