import type { Stack } from './template';

/** What CloudFormation made of a stack. */
export interface DeployedStack {
  readonly account: string;
  /** Physical ids by logical id. */
  readonly physicalIds: ReadonlyMap<string, string>;
  /** As they were given at deployment, references to Parameter Store followed. */
  readonly parameters: Readonly<Record<string, string>>;
}

/** Stacks as they are deployed, as far as they were read. */
export type DeployedStacks = (stack: Stack) => DeployedStack;

/** A stack must be read before something of it can be named; the reader does so and asks again. */
export class StackNotReadError extends Error {
  constructor(readonly unread: Stack) {
    super(`What the stack ${unread.displayName} is made of was not read.`);
    this.name = 'StackNotReadError';
  }
}
