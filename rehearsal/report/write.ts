import { randomBytes } from 'node:crypto';
import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { AlarmReport } from '../alarms/model';
import { alarmReportHtml } from './alarm-html';
import { reportHtml } from './html';
import { parseReport, type RehearsalReport } from './model';

/** Where the report could not be written, and what to do. */
export class ReportWriteError extends Error {
  public constructor(directory: string, cause: unknown) {
    super(`the report cannot be written to '${directory}' (${cause instanceof Error ? cause.message : String(cause)}): name another folder`, { cause });
    this.name = 'ReportWriteError';
  }
}

/** By kind: what is written, or where. */
export interface Written {
  readonly json: string;
  readonly html: string;
}

/**
 * Writes `report.json` and `report.html`, each whole or not at all: a reader never sees half a file, an interrupted write
 * leaves the old one.
 *
 * @throws ContractError when the report is not of its own form, ReportWriteError when the folder does not take it
 */
export async function writeReport(report: RehearsalReport, directory: string): Promise<Written> {
  const checked = parseReport(report);
  return await writePair('report', { json: `${JSON.stringify(checked, undefined, 2)}\n`, html: reportHtml(checked) }, directory);
}

/** The same of an alarm rehearsal: `alarms.json` and `alarms.html`. @throws ReportWriteError when the folder does not take it */
export async function writeAlarmReport(report: AlarmReport, directory: string): Promise<Written> {
  return await writePair('alarms', { json: `${JSON.stringify(report, undefined, 2)}\n`, html: alarmReportHtml(report) }, directory);
}

async function writePair(name: string, texts: Written, directory: string): Promise<Written> {
  const paths = { json: resolve(directory, `${name}.json`), html: resolve(directory, `${name}.html`) };
  const unfinished = `.${randomBytes(6).toString('hex')}.part`;
  try {
    await mkdir(directory, { recursive: true });
    try {
      for (const kind of ['json', 'html'] as const) await writeFile(join(directory, `${kind}${unfinished}`), texts[kind]);
      for (const kind of ['json', 'html'] as const) await rename(join(directory, `${kind}${unfinished}`), paths[kind]);
    } finally {
      for (const kind of ['json', 'html'] as const) await rm(join(directory, `${kind}${unfinished}`), { force: true });
    }
  } catch (error) {
    throw new ReportWriteError(directory, error);
  }
  return paths;
}
