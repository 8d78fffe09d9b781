/** The assembly cannot be read, or a value in it cannot be known on a laptop; `mend` is the one sentence that says what to do. */
export class AssemblyError extends Error {
  constructor(sentence: string, readonly mend: string, options?: ErrorOptions) {
    super(`${sentence} ${mend}`, options);
    this.name = 'AssemblyError';
  }
}
