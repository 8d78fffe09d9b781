/** What a task's failure is to the state machine: `name` is the error that retriers and catchers match, the message is its cause. */
export class TaskError extends Error {
  constructor(error: string, cause: string, options?: ErrorOptions) {
    super(cause, options);
    this.name = error;
  }
}
