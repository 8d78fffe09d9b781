/** What a rehearsal needs to know of one protection to give it something to back up. */
export interface SourceRequest {
  readonly application: string;
  readonly protection: string;
  /** The engine's configuration as the worker would get it. */
  readonly config: Record<string, unknown>;
  /** A new folder of the source's own, below the temporary folder. */
  readonly directory: string;
  /** SQL files (or the engine's own form) for the throwaway server, in order. @default a small sample */
  readonly files: readonly string[];
  /** Address of a database of one's own, which is only read. @default a throwaway server */
  readonly connection: string | undefined;
  readonly say: (line: string) => void;
}

export interface NotRehearsed {
  readonly what: string;
  readonly why: string;
  readonly how: string;
}

/** A database beside a source, filled alike, to which something may be done. */
export interface SourceTwin {
  /** Values by the ARN that the configuration gives; they lead to it. */
  readonly secrets: Readonly<Record<string, string>>;
  /**
   * Empties tables, the fullest first, until this share of all rows is gone.
   *
   * @returns their names
   */
  truncate(share: number): Promise<string[]>;
}

/** Something to back up, with the values that the protection's secrets must have to reach it. */
export interface RehearsalSource {
  /** One line for a person, without a password. */
  readonly description: string;
  /** Values by the ARN that the configuration gives. */
  readonly secrets: Readonly<Record<string, string>>;
  /** The configuration as the worker gets it here, where it must differ from the deployed one. */
  adjust(config: Record<string, unknown>): Record<string, unknown>;
  readonly notRehearsed: readonly NotRehearsed[];
  /** To be asked for while nobody is connected. @default somebody's own database, which is only read, has none */
  twin?(name: string): Promise<SourceTwin>;
  stop(): Promise<void>;
}

/** Programs that the engine's image would have. */
export interface EnginePrograms {
  readonly path: readonly string[];
  readonly libraryPath?: string;
  /** Why they cannot run under a uid without a name, which is a sandbox's. @default they can */
  readonly needsNamedUser?: string;
}

export interface SourceEngine {
  /** Form of an address of its own scheme, for a person. */
  readonly address: string;
  /**
   * Brings what is missing, which may take a while the first time.
   *
   * @param configs of the protections that are rehearsed
   */
  programs(configs: readonly Record<string, unknown>[]): Promise<EnginePrograms>;
  start(request: SourceRequest): Promise<RehearsalSource>;
}

/** What of a source cannot be used: the file, the address; the message has the mend and no password. */
export class SourceError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'SourceError';
  }
}
