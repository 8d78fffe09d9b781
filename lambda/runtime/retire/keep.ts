import { CONTRACT_VERSION } from '../../../lib/contract/common';
import { parseManifest, type Manifest } from '../../../lib/contract/manifest';
import { protectionPrefix, type ProtectionId } from '../../../lib/contract/object-keys';
import { FINDINGS_NAMED, type RetireFinding, type RetireReport } from '../../../lib/contract/retire-report';
import type { RetireRequest } from '../../../lib/contract/retire-request';
import { messageOf, RefusedError } from '../errors';
import type { Log } from '../log';
import { listVersions, type StoredVersion } from '../store-listing';
import { readMark } from '../store-marks';
import type { StoreReaderOptions } from '../store-reader';
import { auditParts } from '../copies/audit-parts';
import { findManifest, takeBack, type MarkedCopy } from './marking';
import { readStoredDocument } from '../copies/stored-document';

/**
 * Marks copies as kept by a person, or no more: whatever was announced or released of them is taken back first, so that an answer means
 * that all of it is safe. Possible as long as the objects are there, under a delete marker too.
 *
 * @throws RefusedError for a run that is not there or whose manifest cannot be read
 */
export async function keepCopies(store: StoreReaderOptions, request: RetireRequest, now: Date, log: Log): Promise<RetireReport> {
  const { environment, application, dryRun = false } = request;
  const findings: RetireFinding[] = [];
  const wishes = [
    ...(request.keep ?? []).map((run) => ({ ...run, keep: true })),
    ...(request.unkeep ?? []).map((run) => ({ ...run, keep: false })),
  ];
  // All are looked at before the first is marked.
  const found = await Promise.all(wishes.map(async (wish) => {
    const id: ProtectionId = { environment, application, protection: wish.protection };
    return { wish, id, ...await findCopy(store, id, wish.runId) };
  }));
  for (const { wish, id, copy, findings: own } of found) {
    if (wish.keep) findings.push(...own);
    if (dryRun) continue;
    if (wish.keep) await takeBack(store, id, copy, { kind: 'keep' });
    else if (copy.mark.kind === 'keep') await takeBack(store, id, copy);
    log.info(`${wish.protection} ${wish.runId} ${wish.keep ? 'kept by a person' : 'left to the rules again'}`, { protection: wish.protection, runId: wish.runId });
  }
  const protections = [...new Set(wishes.map(({ protection }) => protection))];
  return {
    version: CONTRACT_VERSION, environment, application, at: now.toISOString(), dryRun,
    findings: findings.slice(0, FINDINGS_NAMED), findingCount: findings.length,
    protections: protections.map((protection) => {
      const own = wishes.filter((wish) => wish.protection === protection);
      return {
        protection, copies: own.length, kept: own.filter(({ keep }) => keep).length, takenBack: own.filter(({ keep }) => !keep).length,
        proven: 0, announced: 0, waiting: 0, released: 0, heldBack: 0, gone: 0, leftAlone: 0, orphans: 0, storedBytes: 0,
        decisions: own.map(({ runId, keep }) => ({ runId, action: keep ? 'kept' : 'taken-back', reasons: [keep ? 'a person keeps it' : 'left to the rules again'] })),
      };
    }),
  };
}

interface FoundCopy {
  readonly copy: MarkedCopy;
  readonly findings: readonly RetireFinding[];
}

async function findCopy(store: StoreReaderOptions, id: ProtectionId, runId: string): Promise<FoundCopy> {
  const name = `${id.environment}/${id.application}/${id.protection}/${runId}`;
  const found = await findManifest(store, id, runId);
  if (!found) throw new RefusedError('KEEP_NO_RUN', `There is no manifest of ${name}.`, 'Nothing was marked: look at the runs that there are (backup-policy retire --dry-run).');
  const [mark, value] = await Promise.all([readMark(store, found.manifest), readStoredDocument(store, found.manifest)]);
  let manifest: Manifest;
  try {
    manifest = parseManifest(value);
  } catch (error) {
    throw new RefusedError('KEEP_UNREADABLE', `The manifest of ${name} cannot be read: ${messageOf(error)}.`, 'Nothing was marked; a round leaves such a copy alone.', { cause: error });
  }
  const listed: StoredVersion[] = [];
  for await (const version of listVersions(store, `${protectionPrefix('parts', id)}${runId}/`)) listed.push(version);
  const hidden: RetireFinding[] = found.hidden
    ? [{ kind: 'manifest-hidden', key: found.manifest.key, text: 'it lies under a delete marker; remove the marker to have the copy back' }]
    : [];
  const copy: MarkedCopy = { runId, manifest: found.manifest, attempt: manifest.attempt, mark };
  return { copy, findings: [...hidden, ...auditParts(manifest, listed).findings] };
}
