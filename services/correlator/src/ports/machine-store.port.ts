/** Port: what earlier runs of a state machine took. Best effort: losing an update costs precision, nothing else. */
export interface MachineStore {
  /** Mean duration in milliseconds by state name. */
  durations(stateMachineArn: string): Promise<ReadonlyMap<string, number>>;
  saveDurations(stateMachineArn: string, durations: ReadonlyMap<string, number>): Promise<void>;
}
