/** How the connection is encrypted. */
export class DatabaseTls {
  /** Encrypted, and the server's certificate and name are checked. */
  public static readonly VERIFY_FULL = new DatabaseTls('verify-full');
  /** Encrypted; whoever answers is believed. */
  public static readonly REQUIRE = new DatabaseTls('require');
  /** Not encrypted: for loopback and private tests. */
  public static readonly DISABLE = new DatabaseTls('disable');

  private constructor(
    /** The word for it in the worker's configuration; libpq's `sslmode`. */
    public readonly mode: string,
  ) {}
}
