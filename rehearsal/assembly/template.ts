/** One resource of a template, as CloudFormation reads it. */
export interface TemplateResource {
  readonly Type: string;
  readonly Properties?: Record<string, unknown>;
  readonly Condition?: string;
  readonly Metadata?: Record<string, unknown>;
}

export interface TemplateParameter {
  readonly Type: string;
  readonly Default?: unknown;
}

export interface Template {
  readonly Metadata?: Record<string, unknown>;
  readonly Parameters?: Record<string, TemplateParameter>;
  readonly Mappings?: Record<string, Record<string, Record<string, unknown>>>;
  readonly Conditions?: Record<string, unknown>;
  readonly Resources?: Record<string, TemplateResource>;
  readonly Outputs?: Record<string, { readonly Value: unknown; readonly Export?: { readonly Name: unknown }; readonly Condition?: string }>;
}

/** What the assembly would build an image from or zip, by its hash: the folder that holds the code. */
export type CodeFolders = ReadonlyMap<string, string>;

/** One stack of the assembly, a nested one included. */
export interface Stack {
  /** Artifact id, unique in the assembly. */
  readonly id: string;
  readonly name: string;
  /** What `cdk ls` shows. */
  readonly displayName: string;
  /** Undefined when the app left it to the deployment. */
  readonly region: string | undefined;
  readonly account: string | undefined;
  readonly template: Template;
  readonly templateFile: string;
  readonly code: CodeFolders;
  /** Values that a parent gives a nested stack, or the app gave its parameters. */
  readonly parameters: Readonly<Record<string, unknown>>;
  readonly parent?: { readonly stack: Stack; readonly logicalId: string };
}
