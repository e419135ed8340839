import { type PageConfig, type SignedIn } from '../deployed/person.ts';
import { type Clients, type Place } from '../deployed/place.ts';

export type Verdict = 'confirmed' | 'refuted' | 'not tried';

/** What a probe found about one fact. */
export interface Seen {
  /** ID of the fact. */
  readonly fact: string;
  readonly verdict: Verdict;
  /** In one line; never a token or a key. */
  readonly seen: string;
}

/** A deployment for the time of one run, with two people in it. */
export interface World {
  readonly region: string;
  readonly accountId: string;
  readonly clients: Clients;
  /** Where there is an emulator in place of AWS. */
  readonly emulator: Place | undefined;
  /** Host name of the data endpoint of AWS IoT. */
  readonly dataEndpoint: string;
  readonly page: PageConfig;
  /** Whose policy is attached. */
  readonly ada: SignedIn;
  readonly bob: SignedIn;
  /** Begins the name of everything that probes make, and that is removed at the end. */
  readonly prefix: string;
  /** Role of the state machines that probes make. */
  readonly machineRoleArn: string;
  readonly say: (text: string) => void;
}

/** Tries something and says what it means for facts. What it throws makes these facts "not tried", with the reason. */
export type Probe = (world: World) => Promise<readonly Seen[]>;

/** Confirmed when `holds`, refuted otherwise. */
export function judged(fact: string, holds: boolean, seen: string): Seen {
  return { fact, verdict: holds ? 'confirmed' : 'refuted', seen };
}

export function untried(fact: string, why: string): Seen {
  return { fact, verdict: 'not tried', seen: why };
}

/** Name and message of what was thrown, in one line. */
export function said(thrown: unknown): string {
  const text = Error.isError(thrown) ? `${thrown.name}: ${thrown.message}` : String(thrown);
  return text.replaceAll(/\s+/g, ' ').slice(0, 300);
}
