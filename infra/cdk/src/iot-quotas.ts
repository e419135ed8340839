/** Regions in which AWS IoT takes 50 retained messages a second of an account, and not 500 (its quotas page; ask it for yours). */
const SMALL = [/^us-west-1$/, /^ca-/, /^sa-/, /^eu-(north|south|west-3)/, /^ap-east-/, /^(me|il|af|mx)-/];

/** How many retained messages a second the publisher may make in a region; undefined: as many as it does by itself. */
export function retainedPerSecondIn(region: string): number | undefined {
  return SMALL.some((pattern) => pattern.test(region)) ? 50 : undefined;
}
