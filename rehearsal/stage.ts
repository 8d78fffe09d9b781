import { join } from 'node:path';
import { runIdOf } from '../lib/contract/object-keys';
import { AssemblyError, findPolicies, readAssembly, Resolver } from './assembly';
import { machineOf } from './cloud/local-cloud';
import { drillIdentity } from './drill-identity';
import { lastSlot } from './last-slot';
import { type Definition, interpretable, statesOf } from './machine/definition';
import { Tasks } from './machine/tasks';
import { type Progress, SILENT } from './progress';
import type { Planned } from './run-protection';
import { findSandbox, isSandbox, type Sandbox } from './sandbox';
import { sourceEngine } from './sources';
import { throughSshHost } from './sources/ssh-tunnel';
import type { EnginePrograms, RehearsalSource } from './sources/source';

/** What is rehearsed, and what stands for its databases. */
export interface StageProps {
  /** Folder that `cdk synth` wrote. */
  readonly app: string;
  /** Ids of the protections to rehearse. @default all */
  readonly protections?: readonly string[];
  /** Instant of the run, for all. @default each schedule's last before now */
  readonly slot?: string;
  /** Address of a database of one's own, by protection; it is only read. @default throwaway servers */
  readonly connections?: Readonly<Record<string, string>>;
  /** Files that fill the throwaway servers, in order; without a protection they are for each. @default a small sample */
  readonly sourceFiles?: readonly { readonly protection?: string; readonly file: string }[];
  /** Text of an identity file for the drills of an encrypted protection, by protection. @default a throwaway identity */
  readonly identities?: Readonly<Record<string, string>>;
  /** Values of template parameters. @default their defaults */
  readonly parameters?: Readonly<Record<string, string>>;
  /** Whether workers run in a sandbox where the machine has one. @default true */
  readonly sandbox?: boolean;
  readonly progress?: Progress;
}

/** A protection that was asked for and is not declared. */
export class UnknownProtectionError extends Error {
  constructor(asked: string, known: readonly string[]) {
    super(`no policy of this app has a protection "${asked}"; there ${known.length === 1 ? 'is' : 'are'} ${known.join(', ') || 'none'}`);
    this.name = 'UnknownProtectionError';
  }
}

/** Account and region are those of the policies' own stacks where they say. */
export function localResolver({ app, parameters }: Pick<StageProps, 'app' | 'parameters'>): Resolver {
  const assembly = readAssembly(app);
  const first = findPolicies(new Resolver(assembly, { parameters }))[0];
  if (!first) throw new AssemblyError(`No template in ${app} declares a backup policy.`, 'Synthesize an app that has a BackupPolicy, with this release of cdk-backup-policy.');
  return new Resolver(assembly, { parameters, region: first.stack.region, account: first.stack.account });
}

/** What a protection may be called on the command line: by its id, or with its application where several have the same. */
function namesOf({ policy, protection }: Pick<Planned, 'policy' | 'protection'>): string[] {
  const { id } = protection.declared;
  return [`${policy.declared.application}/${id}`, id];
}

/** What was given for a protection, by its whole name first. */
function ofIts<T>(given: Readonly<Record<string, T>>, one: Pick<Planned, 'policy' | 'protection'>): T | undefined {
  return namesOf(one).map((name) => given[name]).find((value) => value !== undefined);
}

/** @throws UnknownProtectionError, UnknownEngineError, IdentityError, AssemblyError for what cannot be rehearsed */
export async function plan(resolver: Resolver, props: StageProps, now: Date): Promise<Planned[]> {
  const { protections: wanted, slot, connections = {}, sourceFiles = [], identities = {} } = props;
  const all = findPolicies(resolver).flatMap((policy) => policy.protections.map((protection) => ({ policy, protection })));
  const known = all.flatMap(namesOf);
  const named = [...Object.keys(connections), ...Object.keys(identities), ...sourceFiles.flatMap(({ protection }) => protection ?? [])];
  for (const asked of [...wanted ?? [], ...named]) {
    if (!known.includes(asked)) throw new UnknownProtectionError(asked, [...new Set(known)]);
  }
  const chosen = all.filter((one) => !wanted?.length || namesOf(one).some((name) => wanted.includes(name)));
  return await Promise.all(chosen.map(async ({ policy, protection }) => {
    const machine = machineOf(resolver, protection.stateMachineArn);
    Tasks.check(statesOf(interpretable(machine.definition as unknown as Definition, machine.path)), machine.path);
    sourceEngine(protection.declared.run.engine);
    const { expression, timeZone } = protection.declared.schedule;
    const instant = slot ?? lastSlot(expression, timeZone, now);
    const identity = await drillIdentity(protection, ofIts(identities, { policy, protection }));
    return { policy, protection, machine, slot: instant, runId: runIdOf(instant), identity };
  }));
}

/** How workers are confined, and the programs that their images would have. */
export interface Confinement {
  readonly sandbox: { readonly used: Sandbox | undefined; readonly description: string };
  readonly programs: ReadonlyMap<string, EnginePrograms>;
}

export async function prepareSandbox({ sandbox }: Pick<StageProps, 'sandbox'>, planned: readonly Planned[]): Promise<Confinement> {
  const [found, programs] = await Promise.all([sandbox === false ? { reason: 'it was switched off' } : findSandbox(), findPrograms(planned)]);
  const hindrance = [...programs.values()].find(({ needsNamedUser }) => needsNamedUser !== undefined)?.needsNamedUser;
  if (!isSandbox(found)) return { programs, sandbox: { used: undefined, description: found.reason } };
  if (hindrance !== undefined) return { programs, sandbox: { used: undefined, description: `${hindrance} Workers ran without a sandbox` } };
  return { programs, sandbox: { used: found, description: found.description } };
}

/** @param toClose gets what ends each source as soon as it is there, whatever becomes of the others */
export async function startSources(
  planned: readonly Planned[], work: string, props: StageProps, toClose: (() => Promise<void>)[],
): Promise<Map<Planned, RehearsalSource>> {
  const { connections = {}, sourceFiles = [], progress = SILENT } = props;
  const settled = await Promise.allSettled(planned.map(async (one, index) => {
    const { id, run } = one.protection.declared;
    const done = progress.begin(`source of ${id}`);
    try {
      const server = await sourceEngine(run.engine).start({
        application: one.policy.declared.application, protection: id, config: one.protection.config,
        directory: join(work, `source-${index}`),
        files: sourceFiles.filter(({ protection: name }) => name === undefined || namesOf(one).includes(name)).map(({ file }) => file),
        connection: ofIts(connections, one),
        say: progress.say,
      });
      toClose.push(() => server.stop());
      const source = await throughSshHost(server, one.protection.config, progress.say);
      toClose.push(() => source.stop());
      done(source.description);
      return [one, source] as const;
    } catch (error) {
      done('failed');
      throw error;
    }
  }));
  return new Map(valuesOf(settled));
}

async function findPrograms(planned: readonly Planned[]): Promise<Map<string, EnginePrograms>> {
  const engines = [...new Set(planned.map(({ protection }) => protection.declared.run.engine))];
  return new Map(await Promise.all(engines.map(async (engine) => {
    const configs = planned.flatMap(({ protection }) => (protection.declared.run.engine === engine ? [protection.config] : []));
    return [engine, await sourceEngine(engine).programs(configs)] as const;
  })));
}

/** @throws the first reason, once all have settled, so that what did start can be ended */
export function valuesOf<T extends readonly PromiseSettledResult<unknown>[]>(
  settled: T,
): { [K in keyof T]: T[K] extends PromiseSettledResult<infer V> ? V : never } {
  const failed = settled.find((one) => one.status === 'rejected');
  if (failed) throw failed.reason;
  return settled.map((one) => (one as PromiseFulfilledResult<unknown>).value) as never;
}
