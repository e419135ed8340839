import type { Actor, Attempt } from './table.ts';

/** One cell of the matrix, three times: as it has to be, as the documents say, as the sandbox did. */
export interface Outcome {
  readonly actor: Actor;
  /** Undefined for attempts that span owners. */
  readonly owner: Actor | undefined;
  readonly attempt: Attempt;
  readonly offline: boolean;
  /** Undefined where the sandbox has no such operation. */
  readonly live: boolean | undefined;
}

/** A message that reached a connection. */
export interface Delivery {
  readonly actor: Actor;
  readonly topic: string;
  /** The filter that the connection had asked for, besides that of its own last message. */
  readonly filter: string;
  /** Whether a driver published it; else it comes from the services. */
  readonly probe: boolean;
}

export interface Verdict {
  readonly cells: number;
  readonly drivenLive: number;
  readonly allowedLive: number;
  readonly deliveries: number;
  /** Allowed, by document or by deed, and must not be. */
  readonly foreignAllows: readonly string[];
  /** Refused, by document or by deed, and must not be. */
  readonly falseRefusals: readonly string[];
  /** Document and deed differ. */
  readonly disagreements: readonly string[];
  readonly foreignDeliveries: readonly string[];
  /** Messages that a subscriber had a right to and did not get. */
  readonly missingDeliveries: readonly string[];
}

const nameOf = ({ actor, owner, attempt }: Outcome) =>
  `${actor.name}: ${attempt.id} of ${owner?.name ?? 'anybody'}`;

/** What the outcomes say. A suite passes when every list is empty; `isProof` says whether it does. */
export function judge(
  outcomes: readonly Outcome[],
  deliveries: readonly Delivery[],
  published: readonly string[],
): Verdict {
  const pick = (test: (outcome: Outcome) => boolean) => outcomes.filter(test).map(nameOf);
  return {
    cells: outcomes.length,
    drivenLive: outcomes.filter(({ live }) => live !== undefined).length,
    allowedLive: outcomes.filter(({ live }) => live === true).length,
    deliveries: deliveries.length,
    foreignAllows: pick(({ attempt, offline, live }) => !attempt.expected && (offline || live === true)),
    falseRefusals: pick(({ attempt, offline, live }) => attempt.expected && (!offline || live === false)),
    disagreements: pick(({ offline, live }) => live !== undefined && live !== offline),
    foreignDeliveries: deliveries
      .filter(({ actor, topic }) => !topic.includes(`/${actor.identityId}/`))
      .map(({ actor, topic, filter }) => `${actor.name} got ${topic} by ${filter}`),
    missingDeliveries: outcomes.flatMap(({ actor, attempt: { deed, expected } }) =>
      deed.kind !== 'subscribe' || !expected
        ? []
        : published
            .filter((topic) => filterMatches(deed.filter, topic))
            .filter(
              (topic) =>
                !deliveries.some(
                  (one) =>
                    one.probe && one.actor === actor && one.filter === deed.filter && one.topic === topic,
                ),
            )
            .map((topic) => `${actor.name} did not get ${topic} by ${deed.filter}`),
    ),
  };
}

export function isProof(verdict: Verdict): boolean {
  return [
    verdict.foreignAllows,
    verdict.falseRefusals,
    verdict.disagreements,
    verdict.foreignDeliveries,
    verdict.missingDeliveries,
  ].every((list) => list.length === 0);
}

/** MQTT's rule, written here anew so that the broker does not vouch for itself. */
export function filterMatches(filter: string, topic: string): boolean {
  const [levels, parts] = [filter.split('/'), topic.split('/')];
  for (const [at, level] of levels.entries()) {
    if (level === '#') return parts.length > at;
    if (at >= parts.length || (level !== '+' && level !== parts[at])) return false;
  }
  return levels.length === parts.length;
}
