import { mysqlSource } from './mysql';
import { postgresSource } from './postgres';
import type { SourceEngine } from './source';

const ENGINES: Readonly<Record<string, SourceEngine>> = { mysql: mysqlSource, postgres: postgresSource };

/** An engine that the rehearsal has no throwaway server for. */
export class UnknownEngineError extends Error {
  constructor(engine: string) {
    super(`the rehearsal knows no throwaway server for the engine "${engine}" (it knows ${Object.keys(ENGINES).join(', ')}): rehearse the others with --protection`);
    this.name = 'UnknownEngineError';
  }
}

/** Forms of address, one an engine, for a person. */
export const ADDRESSES: readonly string[] = Object.values(ENGINES).map(({ address }) => address);

/** @throws UnknownEngineError */
export function sourceEngine(engine: string): SourceEngine {
  if (!Object.hasOwn(ENGINES, engine)) throw new UnknownEngineError(engine);
  return ENGINES[engine];
}
