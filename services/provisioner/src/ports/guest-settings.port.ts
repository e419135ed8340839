/** What the identity pool says of guests. */
export interface GuestSettings {
  /** Whether the pool lets guests in and has a role for them. @throws DirectoryUnavailableError */
  guestsAllowed(): Promise<boolean>;
}
