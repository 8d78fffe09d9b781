import { randomUUID } from 'node:crypto';
import { parseExtendReport, type ExtendReport, type LockDecision } from '../../lib/contract/extend-report';
import type { ExtendRequest } from '../../lib/contract/extend-request';
import { extend } from '../../lambda/workers/extend';
import { BUCKET, DAY, ID, type RetireStore } from '../retire/support';

export const PERIOD = 7 * DAY;

export function extendRequest(changes: Partial<ExtendRequest> = {}): ExtendRequest {
  return {
    version: 1, environment: ID.environment, application: ID.application,
    store: { bucket: BUCKET, region: 'us-east-1', lock: { mode: 'GOVERNANCE', retentionSeconds: PERIOD } },
    rounds: { longestGapSeconds: DAY },
    protections: [{ protection: ID.protection, longestRunSeconds: 6 * 3600 }], limits: { timeoutSeconds: 300 },
    slot: '2026-03-01T06:15:00Z', execution: 'round-1',
    ...changes,
  };
}

/** One round at the store's instant, or with the changes given. */
export async function extendRound(store: RetireStore, changes: Partial<ExtendRequest> = {}): Promise<ExtendReport> {
  const now = store.now.toISOString();
  const report = await extend(extendRequest({ slot: now, rehearsedAt: now, ...changes }), { awsRequestId: randomUUID() });
  return parseExtendReport(JSON.parse(JSON.stringify(report)));
}

/** What became of each run's lock. */
export async function locked(store: RetireStore, changes: Partial<ExtendRequest> = {}): Promise<Record<string, LockDecision['action']>> {
  const report = await extendRound(store, { whole: true, ...changes });
  return Object.fromEntries(report.protections.flatMap(({ decisions = [] }) => decisions).map(({ runId, action }) => [runId, action]));
}

/** The end of the lock of every version, markers left out, by key: in days from the store's first of March, to two digits. */
export function ends(store: RetireStore, prefix: string): Record<string, number | undefined> {
  const first = Date.UTC(2026, 2, 1);
  return Object.fromEntries(store.endpoint.s3.allKeys(BUCKET, prefix).flatMap((key) => store.endpoint.s3.versions(BUCKET, key)
    .filter(({ deleteMarker }) => !deleteMarker)
    .map(({ retention }, index): [string, number | undefined] => [
      `${key}${index === 0 ? '' : `#${index}`}`, retention && Math.round((retention.until - first) / (DAY * 10)) / 100,
    ])));
}

/** The one end that all objects of a copy have, or all of its ends. */
export function endOf(store: RetireStore, runId: string): number | undefined | (number | undefined)[] {
  const of = `${ID.environment}/${ID.application}/${ID.protection}/${runId}`;
  const all = [...new Set(['runs', 'parts', 'verdicts'].flatMap((kind) => Object.values(ends(store, `${kind}/${of}`))))];
  return all.length === 1 ? all[0] : all;
}
