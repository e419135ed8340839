/**
 * Loaded before a service (`node --import`): the wall clock of this process is wrong by so many milliseconds, as on a host
 * whose time service is down. Timers and the monotonic clock run on as they are.
 */
const shiftMs = Number(process.env['CHAOS_CLOCK_SHIFT_MS'] ?? '0');
if (!Number.isSafeInteger(shiftMs)) throw new TypeError('CHAOS_CLOCK_SHIFT_MS is not a whole number');

const RealDate = Date;
const shiftedNow = (): number => RealDate.now() + shiftMs;

globalThis.Date = new Proxy(RealDate, {
  construct(target, args: unknown[], newTarget) {
    const given = args.length === 0 ? [shiftedNow()] : args;
    const made: unknown = Reflect.construct(target, given, newTarget);
    if (!(made instanceof RealDate)) throw new TypeError('no date was made');
    return made;
  },
  apply: () => new RealDate(shiftedNow()).toString(),
  get: (target, name, receiver): unknown =>
    name === 'now' ? shiftedNow : Reflect.get(target, name, receiver),
});

export {};
