import type { Exchange, Gate, Settings } from '../exchange';
import type { ConditionContext } from '../types';

export type Input = Record<string, unknown>;

export interface ServiceCall { exchange: Exchange; gate: Gate; settings: Settings; operation: string }

/** One operation of a JSON or Query service. */
export interface Operation {
  /** The ARN IAM looks at; may throw when what is named does not exist. @default * */
  resource?(input: Input, call: ServiceCall): string;
  context?(input: Input, call: ServiceCall): ConditionContext;
  /** When its name in IAM is not the operation's, such as lambda:InvokeFunction. */
  action?: string;
  run(input: Input, call: ServiceCall): Promise<unknown> | unknown;
}

/** A service of the endpoint but S3. */
export interface Service {
  /** IAM's prefix. */
  name: string;
  operations: Record<string, Operation>;
  /** The service's own word for AccessDenied, where it has one. */
  accessDenied?: string;
  /** Namespace of a Query service's answers. */
  namespace?: string;
}

export function text(input: Input, name: string): string | undefined {
  const value = input[name];
  return value === undefined || value === null ? undefined : String(value);
}
