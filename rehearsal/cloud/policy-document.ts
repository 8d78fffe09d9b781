/** An IAM policy as templates hold it, resolved. */
export interface PolicyDocument {
  readonly Version?: string;
  readonly Statement: readonly PolicyStatement[] | PolicyStatement;
}

export interface PolicyStatement {
  readonly Sid?: string;
  readonly Effect: 'Allow' | 'Deny';
  readonly Action?: string | readonly string[];
  readonly NotAction?: string | readonly string[];
  readonly Resource?: string | readonly string[];
  readonly NotResource?: string | readonly string[];
  readonly Principal?: unknown;
  readonly NotPrincipal?: unknown;
  readonly Condition?: unknown;
}

export interface NamedPolicy {
  /** For a person: the policy's name, or what it belongs to. */
  readonly name: string;
  readonly document: PolicyDocument;
}

export function statementsOf({ Statement }: PolicyDocument): readonly PolicyStatement[] {
  return Array.isArray(Statement) ? Statement as readonly PolicyStatement[] : [Statement as PolicyStatement];
}

export function actionsOf({ Action }: PolicyStatement): readonly string[] {
  return Action === undefined ? [] : [Action].flat() as string[];
}

/** IAM's own patterns: `*` for any characters, `?` for one; actions match whatever their case. */
export function actionMatches(pattern: string, action: string): boolean {
  const source = pattern.replace(/[.+^${}()|[\]\\]/g, '\\$&').replaceAll('*', '.*').replaceAll('?', '.');
  return new RegExp(`^${source}$`, 'i').test(action);
}
