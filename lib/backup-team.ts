/** A team of another account that writes to a store. */
export interface BackupTeamProps {
  /** Its account. */
  readonly account: string;
  /** Applications whose copies it may write, read and retire; lower-case letters, digits and hyphens. */
  readonly applications: string[];
  /**
   * Environments of those applications.
   * @default - production
   */
  readonly environments?: string[];
}
