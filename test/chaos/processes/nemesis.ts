import type { FaultProxy } from '@stepcast/publisher/testing';
import type { Application } from './application.ts';
import type { Canaries } from './canaries.ts';
import type { ServiceName } from './environment.ts';
import type { Fleet, Slot } from './fleet.ts';
import type { HttpFaultProxy } from './http-fault-proxy.ts';
import {
  describeDeed,
  nextDeed,
  poisonOf,
  type Deed,
  type DeedChoice,
  type Endpoint,
} from './nemesis-plan.ts';
import type { OperatorTools } from './operator.ts';
import { pauseFor } from './wait-until.ts';

export interface NemesisOptions {
  readonly fleet: Fleet;
  readonly endpoints: Readonly<Record<Endpoint, HttpFaultProxy>>;
  readonly broker: FaultProxy;
  readonly applications: readonly Application[];
  readonly operator: OperatorTools;
  readonly canaries: Canaries;
  readonly random: () => number;
  /** On average between two kills. */
  readonly killEveryMs: number;
  readonly choice: DeedChoice;
}

export interface Nemesis {
  /** What was done and when, newest last; at most the last 5,000. */
  readonly deeds: readonly string[];
  readonly counts: ReadonlyMap<string, number>;
  readonly problems: readonly string[];
  /** Ends all of it and heals everything. Resolves when every service has a copy whose clock is right. */
  stop(): Promise<void>;
}

const MAX_DEEDS = 5_000;
const PIPELINE_WEIGHT = 5;
const MAX_EXTRA_COPIES = 2;

/** Does to the services what happens to services, until it is stopped. */
export function startNemesis(options: NemesisOptions): Nemesis {
  const { fleet, endpoints, broker, applications, operator, canaries, random } = options;
  const ending = new AbortController();
  const { signal } = ending;
  const isOver = () => signal.aborted;
  const deeds: string[] = [];
  const problems: string[] = [];
  const counts = new Map<string, number>();
  const busy = new Map<Slot, Promise<void>>();
  const awaited = new Set<Slot>();
  const ill = new Set<string>();
  const extra = new Set<Promise<void>>();
  const shifted = new Set<Slot>();
  const underWay = new Set<Promise<void>>();
  const startedMs = performance.now();

  function note(kind: string, text: string): void {
    counts.set(kind, (counts.get(kind) ?? 0) + 1);
    deeds.push(`${((performance.now() - startedMs) / 1_000).toFixed(1)} s: ${text}`);
    if (deeds.length > MAX_DEEDS) deeds.shift();
  }

  function background(work: Promise<void>): void {
    const running = work
      .catch((thrown: unknown) => void problems.push(String(thrown)))
      .finally(() => underWay.delete(running));
    underWay.add(running);
  }

  /** Some slot. The provisioner, through which nothing flows, less often than the others. */
  function anySlot(): Slot | undefined {
    const weight = ({ service }: Slot) => (service === 'provisioner' ? 1 : PIPELINE_WEIGHT);
    let at = random() * fleet.slots.reduce((sum, slot) => sum + weight(slot), 0);
    return fleet.slots.find((slot) => (at -= weight(slot)) < 0);
  }

  function kill(slot: Slot): void {
    onSlot(slot, 'kill', 'kill', async () => {
      await fleet.kill(slot);
      shifted.delete(slot);
    });
  }

  function withSlot(kind: Deed['kind'], text: string, work: (slot: Slot) => Promise<void>): void {
    const slot = anySlot();
    if (slot !== undefined) onSlot(slot, kind, text, work);
  }

  /** What is being done to the slot ends before. Only one deed waits for that. */
  function onSlot(slot: Slot, kind: Deed['kind'], text: string, work: (slot: Slot) => Promise<void>): void {
    if (awaited.has(slot)) return;
    const before = busy.get(slot);
    const whole = async () => {
      if (before !== undefined) {
        awaited.add(slot);
        await before;
        awaited.delete(slot);
      }
      if (isOver()) return;
      note(`${kind} ${slot.service}`, `${text}: ${slot.name}`);
      await work(slot);
    };
    const working: Promise<void> = whole().finally(() => {
      if (busy.get(slot) === working) busy.delete(slot);
    });
    busy.set(slot, working);
    background(working);
  }

  /** Only one illness of a kind at a time; the next one would end the first. */
  function whileIll(what: string, deed: Deed, forMs: number, begin: () => void, heal: () => void): void {
    if (ill.has(what)) return;
    ill.add(what);
    note(deed.kind === 'endpoint' ? `${deed.endpoint} ${deed.fault.kind}` : deed.kind, describeDeed(deed));
    begin();
    background(
      pauseFor(forMs, signal).then(() => {
        heal();
        ill.delete(what);
      }),
    );
  }

  /** The old copy has all the time that it takes to stop, while other things are done to the new one. */
  async function replace(slot: Slot, clockShiftMs: number): Promise<void> {
    const { stopped } = await fleet.replace(slot, clockShiftMs);
    background(stopped);
  }

  /** One more of a service, whatever happens to the others meanwhile. */
  async function addCopy(
    service: ServiceName,
    deed: Extract<Deed, { readonly kind: 'extraCopy' }>,
  ): Promise<void> {
    const copy = await fleet.startCopy(service, `${service} extra`, 0);
    await pauseFor(deed.forMs, signal);
    await (deed.end === 'kill' ? fleet.killCopy(copy) : fleet.stopCopy(copy));
  }

  function perform(deed: Deed): void {
    switch (deed.kind) {
      case 'kill':
        // Has a pace of its own.
        return;
      case 'roll':
        withSlot('roll', 'roll', async (slot) => {
          await replace(slot, 0);
          shifted.delete(slot);
        });
        return;
      case 'extraCopy':
        if (extra.size < MAX_EXTRA_COPIES) {
          const service = anySlot()?.service;
          if (service === undefined) return;
          note(`extraCopy ${service}`, `${describeDeed(deed)}: ${service}`);
          const adding: Promise<void> = addCopy(service, deed).finally(() => extra.delete(adding));
          extra.add(adding);
          background(adding);
        }
        return;
      case 'clock':
        withSlot('clock', describeDeed(deed), async (slot) => {
          shifted.add(slot);
          await replace(slot, deed.shiftMs);
        });
        return;
      case 'cutBroker':
        note('cutBroker', 'broker connections cut');
        broker.resetAll();
        return;
      case 'stallBroker':
        whileIll(
          'broker',
          deed,
          deed.forMs,
          () => broker.stall(true),
          () => broker.stall(false),
        );
        return;
      case 'refuseBroker':
        whileIll(
          'broker',
          deed,
          deed.forMs,
          () => {
            broker.refuse(true);
            broker.resetAll();
          },
          () => broker.refuse(false),
        );
        return;
      case 'endpoint': {
        const proxy = endpoints[deed.endpoint];
        whileIll(
          deed.endpoint,
          deed,
          deed.forMs,
          () => proxy.set(deed.fault),
          () => proxy.set(undefined),
        );
        return;
      }
      case 'poison':
        note('poison', describeDeed(deed));
        background(
          operator.send(deed.queue, poisonOf(deed.shape, canaries.make('poison')), canaries.make('poison')),
        );
    }
  }

  /** In some slot that is whole, or in the first that is again. */
  async function killing(): Promise<void> {
    while (!isOver()) {
      await pauseFor(options.killEveryMs * (0.4 + 1.2 * random()), signal);
      const { service } = anySlot() ?? {};
      const slots = fleet.slots.filter(
        (slot) => (slot.service === 'provisioner') === (service === 'provisioner'),
      );
      const works = slots.flatMap((slot) => busy.get(slot) ?? []);
      if (works.length === slots.length) await Promise.race(works);
      const whole = slots.filter((slot) => !busy.has(slot));
      const slot = whole[Math.floor(random() * whole.length)];
      if (!isOver() && slot !== undefined && options.choice.kinds.has('kill')) kill(slot);
    }
  }
  async function disturbing(): Promise<void> {
    while (!isOver()) {
      await pauseFor(options.killEveryMs * (0.4 + 1.2 * random()), signal);
      const deed = nextDeed(random, options.choice);
      if (!isOver() && deed !== undefined) perform(deed);
    }
  }
  async function cuttingApplications(): Promise<void> {
    while (!isOver()) {
      await pauseFor(200 + random() * 2_000, signal);
      const application = applications[Math.floor(random() * applications.length)];
      if (isOver() || application === undefined) continue;
      counts.set('cutApplication', (counts.get('cutApplication') ?? 0) + 1);
      application.cut();
    }
  }
  async function signingIn(): Promise<void> {
    while (!isOver()) {
      await pauseFor(500 + random() * 2_000, signal);
      const able = applications.flatMap(({ who }) => (who.provision === undefined ? [] : [who.provision]));
      const provision = able[Math.floor(random() * able.length)];
      if (isOver() || provision === undefined) continue;
      const status = await provision(canaries.make('header'));
      counts.set(`provision ${status}`, (counts.get(`provision ${status}`) ?? 0) + 1);
    }
  }
  const loops = Promise.all([killing(), disturbing(), cuttingApplications(), signingIn()]);

  return {
    deeds,
    counts,
    problems,
    async stop() {
      ending.abort();
      await loops;
      for (const proxy of Object.values(endpoints)) proxy.set(undefined);
      broker.stall(false);
      broker.refuse(false);
      while (underWay.size > 0) await Promise.all(underWay);
      for (const slot of shifted) await replace(slot, 0);
      await Promise.all(underWay);
    },
  };
}
