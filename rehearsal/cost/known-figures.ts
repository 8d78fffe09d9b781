import { readFile } from 'node:fs/promises';
import type { DeclaredProtection } from '../../lib/contract/policy-metadata';
import { parseReport, type RehearsalReport } from '../report/model';

/** What is known of a protection's copies and runs, and by whom. */
export interface KnownFigures {
  readonly copyBytes?: number;
  readonly copyBytesBy?: string;
  readonly copyObjects?: number;
  readonly dumpSeconds?: number;
  readonly verifySeconds?: number;
  readonly secondsBy?: string;
}

export interface ProtectionName {
  readonly application: string;
  readonly environment: string;
  readonly protection: string;
}

/** A report that cannot be read; the message names the file and the mend. */
export class ReportReadError extends Error {
  constructor(file: string, cause: unknown) {
    super(`the report ${file} cannot be read (${cause instanceof Error ? cause.message : String(cause)}): name a report.json that \`backup-policy rehearse\` wrote`, { cause });
    this.name = 'ReportReadError';
  }
}

/** @throws ReportReadError for a file that is not there or no JSON, NewerContractError and ContractError for another document */
export async function readReport(file: string): Promise<RehearsalReport> {
  let value: unknown;
  try {
    value = JSON.parse(await readFile(file, 'utf8'));
  } catch (error) {
    throw new ReportReadError(file, error);
  }
  return parseReport(value);
}

/** What the policy itself says; the size of the data says nothing of a copy's, which is compressed. */
export function declaredFigures(expected: DeclaredProtection['expected']): KnownFigures {
  if (!expected) return {};
  const { source, copyBytes, dumpSeconds, verifySeconds } = expected;
  const by = source === 'declared' ? 'what is declared' : source;
  return {
    ...(copyBytes === undefined ? {} : { copyBytes, copyBytesBy: by }),
    ...(dumpSeconds === undefined ? {} : { dumpSeconds }),
    ...(verifySeconds === undefined ? {} : { verifySeconds }),
    ...(dumpSeconds === undefined && verifySeconds === undefined ? {} : { secondsBy: by }),
  };
}

/** What a rehearsal showed of a protection; nothing where it did not run, or not so far. */
export function rehearsedFigures({ policies, startedAt }: Pick<RehearsalReport, 'policies' | 'startedAt'>, name: ProtectionName): KnownFigures {
  const policy = policies.find((one) => one.application === name.application && one.environment === name.environment);
  const ran = policy?.protections.find(({ id }) => id === name.protection);
  if (!ran) return {};
  const by = `the rehearsal of ${startedAt.slice(0, 10)}`;
  const { dump, verify } = ran.seconds;
  return {
    ...(ran.sizeBytes === undefined ? {} : { copyBytes: ran.sizeBytes, copyBytesBy: by }),
    ...(ran.parts === undefined ? {} : { copyObjects: ran.parts }),
    ...(dump === undefined ? {} : { dumpSeconds: dump }),
    ...(verify === undefined ? {} : { verifySeconds: verify }),
    ...(dump === undefined && verify === undefined ? {} : { secondsBy: by }),
  };
}
