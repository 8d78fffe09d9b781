import type { FoundPolicy, Resolver } from '../assembly';
import type { Planned } from '../run-protection';
import type { Sandbox } from '../sandbox';
import type { EnginePrograms, RehearsalSource, SourceTwin } from '../sources/source';
import { plan, prepareSandbox, type StageProps, startSources } from '../stage';
import { AlarmError } from './alarm';

/** A protection with the database that stands for its source. */
export interface StagedProtection {
  readonly planned: Planned;
  readonly source: RehearsalSource;
  readonly programs: EnginePrograms;
  readonly sandbox: Sandbox | undefined;
  /** Databases beside it, by the name that a fault gives. */
  readonly twins: ReadonlyMap<string, SourceTwin>;
}

export interface AlarmStage {
  readonly protections: readonly StagedProtection[];
  /** Those of a policy, by their id. */
  of(policy: FoundPolicy): ReadonlyMap<string, StagedProtection>;
  close(): Promise<void>;
}

/**
 * Starts what stands for the databases, once for all courses of time.
 *
 * @param twins names of the databases that faults need beside each
 */
export async function openStage(props: StageProps, resolver: Resolver, work: string, twins: readonly string[]): Promise<AlarmStage> {
  const toClose: (() => Promise<void>)[] = [];
  const close = async (): Promise<void> => {
    for (const one of toClose.splice(0).reverse()) await one().catch(() => undefined);
  };
  try {
    const planned = await plan(resolver, props, new Date());
    const [{ sandbox, programs }, sources] = await Promise.all([
      prepareSandbox(props, planned), startSources(planned, work, props, toClose),
    ]);
    const protections = await Promise.all(planned.map(async (one): Promise<StagedProtection> => {
      const source = sources.get(one)!;
      const made = new Map<string, SourceTwin>();
      for (const name of twins) {
        if (!source.twin) throw new AlarmError(`${one.protection.declared.id}: ${source.description} is only read, and faults are done to databases`);
        made.set(name, await source.twin(name));
      }
      const { engine } = one.protection.declared.run;
      return { planned: one, source, twins: made, sandbox: sandbox.used, programs: programs.get(engine) ?? { path: [] } };
    }));
    return {
      protections, close,
      of: (policy) => new Map(protections.flatMap((one) => (
        // Found anew each time an assembly is read.
        one.planned.policy.declared.path === policy.declared.path ? [[one.planned.protection.declared.id, one] as const] : []))),
    };
  } catch (error) {
    await close();
    throw error;
  }
}
