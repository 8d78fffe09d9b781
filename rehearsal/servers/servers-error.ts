/** What cannot be brought or started on this machine; `mend` is the one sentence that says what to do. */
export class ServersError extends Error {
  public constructor(public readonly reason: string, public readonly mend: string, options?: ErrorOptions) {
    super(`${reason}. ${mend}`, options);
    this.name = 'ServersError';
  }
}
