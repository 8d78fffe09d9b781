import type { Stack } from './template';

/** What CloudFormation made of a stack. */
export interface DeployedStack {
  /** Physical ids by logical id. */
  readonly physicalIds: ReadonlyMap<string, string>;
  /** As they were given at deployment, references to Parameter Store followed. */
  readonly parameters: Readonly<Record<string, string>>;
}

/** What is deployed, as far as it was read. */
export interface Deployment {
  /** @throws StackNotReadError */
  stack(stack: Stack): DeployedStack;
  /** Of stacks that leave it to the deployment. @throws AccountNotReadError */
  account(): string;
}

/** Whose account it is must be asked first. */
export class AccountNotReadError extends Error {}

/** A stack must be read before something of it can be named; the reader does so and asks again. */
export class StackNotReadError extends Error {
  constructor(readonly unread: Stack) {
    super(`What the stack ${unread.displayName} is made of was not read.`);
    this.name = 'StackNotReadError';
  }
}
