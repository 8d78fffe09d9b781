import fc from 'fast-check';
import { CopyObjectCommand, DeleteObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import { manifestKey, verdictKey } from '../../lib/contract/object-keys';
import type { Fault } from '../../rehearsal/endpoint/types';
import { BUCKET, ID, morning, protectionOf, RetireStore, slot } from './support';

let store: RetireStore;

beforeEach(async () => {
  store = await RetireStore.start();
});

afterEach(async () => {
  await store.stop();
});

/** Every call of one operation from the n-th on, from 1, gets this. */
function from(n: number, operation: string, fault: Fault): void {
  let seen = 0;
  store.inject((call) => (call.service === 's3' && call.operation === operation && ++seen >= n ? fault : undefined));
}

describe('a store in trouble', () => {
  it('that answers 503 twice to each kind of call is asked again', async () => {
    const [oldest] = await store.copies(0, 3);
    const seen = new Map<string, number>();
    store.inject(({ operation }) => {
      const count = (seen.get(operation) ?? 0) + 1;
      seen.set(operation, count);
      return count <= 2 ? { status: 503, code: 'SlowDown' } : undefined;
    });
    store.at(morning(3));
    expect(await store.decided()).toMatchObject({ [oldest]: 'announced' });
    expect([...seen.keys()].sort()).toEqual(['GetObject', 'GetObjectLegalHold', 'GetObjectTagging', 'ListObjectVersions', 'PutObject', 'PutObjectTagging']);
  });

  it.each(['ListObjectVersions', 'GetObject', 'GetObjectTagging'])('that refuses %s releases nothing', async (operation) => {
    await store.copies(0, 3);
    store.at(morning(3));
    await store.round();
    store.at(morning(5));
    const before = store.marks('');
    from(2, operation, { status: 403, code: 'AccessDenied' });
    await expect(store.round()).rejects.toThrow('STORE_REFUSED');
    expect(store.marks('')).toEqual(before);
  });

  it('that hides whether there is a hold releases nothing', async () => {
    await store.copies(0, 3);
    store.at(morning(3));
    from(1, 'GetObjectLegalHold', { status: 403, code: 'AccessDenied' });
    await expect(store.round()).rejects.toThrow('STORE_REFUSED');
    expect(new Set(Object.values(store.marks('runs/')))).toEqual(new Set([undefined]));
  });

  it.each(['GetObjectTagging', 'GetObject', 'GetObjectLegalHold'])('from which a listed object vanishes before %s is looked at again', async (operation) => {
    await store.copies(0, 1);
    store.at(morning(1));
    store.inject((call) => (call.operation === operation ? { status: 404, code: 'NoSuchVersion' } : undefined));
    await expect(store.round()).rejects.toMatchObject({ name: 'TransientError', message: expect.stringContaining('STORE_CHANGED') });
  });

  it('whose list has more than one page is read to its end', async () => {
    const [oldest] = await store.copies(0, 3);
    await Promise.all(Array.from({ length: 1100 }, (_, index) => store.put(`parts/test/suite/database/${oldest}/other-attempt/rows/${index}.sql`, 'x')));
    store.at(morning(3));
    expect(await store.decided()).toMatchObject({ [oldest]: 'announced' });
    store.at(morning(5));
    const report = await store.round();
    expect(report.protections[0]).toMatchObject({ released: 1, orphans: 1 });
    store.at(morning(7));
    await store.round();
    const others = Object.values(store.marks(`parts/test/suite/database/${oldest}/other-attempt/`));
    expect([others.length, new Set(others)]).toEqual([1100, new Set(['expire'])]);
  });
});

/** Somebody with rights beyond ours. */
async function overwrite(key: string, body: string): Promise<void> {
  await store.client.send(new PutObjectCommand({ Bucket: BUCKET, Key: key, Body: body, ChecksumAlgorithm: 'SHA256' }));
}

describe('a copy that cannot be judged is left alone with all its parts, and named:', () => {
  async function leftAlone(runId: string, kind: string): Promise<void> {
    const others = store.marks('runs/');
    for (const day of [9, 12, 15]) {
      store.at(morning(day));
      const report = await store.round({ dryRun: true, whole: true, protections: [protectionOf({ retention: { rules: { last: 1 }, minimumVerified: 1, timeZone: 'UTC' } })] });
      expect(report.protections[0].decisions!.find((one) => one.runId === runId)?.action).toBe('left-alone');
      expect(report.findings).toContainEqual(expect.objectContaining({ kind }));
      await store.round({ whole: true }).catch((error: Error) => expect(error.message).toContain('STORE_DAMAGED'));
      expect(new Set(Object.values(store.marks(`parts/test/suite/database/${runId}/`)))).toEqual(new Set([undefined]));
    }
    expect(Object.keys(others).length).toBeGreaterThan(0);
  }

  it('its manifest is of a newer release', async () => {
    const runId = await store.copy(slot(0), 'proven', (manifest) => ({ ...manifest, version: 7 }));
    await store.copies(1, 8);
    await leftAlone(runId, 'manifest-newer');
    expect(store.marksOf(runId).manifest).toBeUndefined();
  });

  it('its manifest is damaged', async () => {
    const runId = await store.copy(slot(0), 'proven', () => 'cut short');
    await store.copies(1, 8);
    await leftAlone(runId, 'manifest-damaged');
  });

  it('its manifest speaks of another run', async () => {
    const runId = await store.copy(slot(0), 'proven', (manifest) => ({ ...manifest, application: 'somebody-else' }));
    await store.copies(1, 8);
    await leftAlone(runId, 'manifest-damaged');
  });

  it('its manifest was deleted by somebody, and lies under a marker', async () => {
    const [runId] = await store.copies(0, 8);
    await store.client.send(new DeleteObjectCommand({ Bucket: BUCKET, Key: manifestKey(ID, runId) }));
    await leftAlone(runId, 'manifest-hidden');
  });

  it('its manifest was overwritten', async () => {
    const [runId] = await store.copies(0, 8);
    await overwrite(manifestKey(ID, runId), JSON.stringify({ ...JSON.parse((await store.endpoint.s3.read(BUCKET, manifestKey(ID, runId))).toString()) as object, attempt: 'forged' }));
    await leftAlone(runId, 'manifest-overwritten');
  });

  it('its newest verdict is of a newer release', async () => {
    const [runId] = await store.copies(0, 8);
    await overwrite(verdictKey(ID, runId, '2026-03-02T00:00:00Z'), '{"version":7}');
    await leftAlone(runId, 'verdict-unreadable');
  });

  it('it bears a tag that is not ours', async () => {
    const [runId] = await store.copies(0, 8);
    await store.tag(manifestKey(ID, runId), 'perhaps');
    await leftAlone(runId, 'unknown-mark');
    expect(store.marksOf(runId).manifest).toBe('perhaps');
  });
});

describe('the audit', () => {
  async function partsOf(runId: string): Promise<string[]> {
    return store.keys(`parts/test/suite/database/${runId}/`);
  }

  it('of a whole store finds nothing', async () => {
    await store.copies(0, 3);
    store.at(morning(3));
    expect(await store.round()).toMatchObject({ findings: [], findingCount: 0 });
  });

  it('finds a part that is gone, tells it, and takes the copy for no proof', async () => {
    const made = await store.copies(0, 3);
    const [part] = await partsOf(made[3]);
    const [version] = store.endpoint.s3.versions(BUCKET, part);
    const forGood = { VersionId: version.versionId, BypassGovernanceRetention: true };
    await store.client.send(new DeleteObjectCommand({ Bucket: BUCKET, Key: part, ...forGood }));
    store.at(morning(3));
    const report = await store.round({ dryRun: true, whole: true });
    expect(report.findings).toEqual([{ kind: 'part-missing', key: part, text: expect.stringContaining(made[3]) }]);
    expect(report.protections[0].proven).toBe(3);
    await expect(store.round()).rejects.toThrow(/STORE_DAMAGED.*in 1 place/);
    // The round did its work all the same.
    expect(store.keys('policies/')).toHaveLength(1);
  });

  it('counts no verdict that speaks of another attempt', async () => {
    const [runId] = await store.copies(0, 0);
    await store.verdict(slot(0), 'another-attempt', 'proven', '2026-03-01T04:00:00Z');
    store.at(morning(0));
    expect((await store.round({ whole: true })).protections[0]).toMatchObject({ copies: 1, proven: 0, decisions: [{ runId, action: 'kept' }] });
  });

  it('finds a part of another size, and takes the copy for no proof', async () => {
    const runId = await store.copy(slot(0), 'proven', ({ parts: [first, ...others], ...rest }) => (
      { ...rest, parts: [{ ...first, sizeBytes: first.sizeBytes + 1 }, ...others] }));
    store.at(morning(0));
    const report = await store.round({ dryRun: true });
    expect(report.findings).toContainEqual({
      kind: 'part-differs', key: (await partsOf(runId))[0], text: expect.stringMatching(/^2 bytes are stored, the manifest .* says 3$/),
    });
    expect(report.protections[0]).toMatchObject({ copies: 1, proven: 0 });
  });

  it('finds a part that somebody deleted or wrote over', async () => {
    const [runId] = await store.copies(0, 1);
    const [hidden, written] = await partsOf(runId);
    await store.client.send(new DeleteObjectCommand({ Bucket: BUCKET, Key: hidden }));
    await overwrite(written, 'something else');
    store.at(morning(1));
    const report = await store.round({ dryRun: true });
    expect(report.findings.map(({ kind, key }) => [kind, key]).sort()).toEqual([['part-differs', written], ['part-hidden', hidden]]);
    expect(report.protections[0].proven).toBe(2);
  });

  it('names keys and protections that nobody declared', async () => {
    await store.copies(0, 1);
    await store.put('runs/test/suite/database/notes.txt', 'x');
    await store.put('parts/test/suite/database/readme', 'x');
    await store.copy(slot(1), 'proven', (manifest) => manifest, { ...ID, protection: 'files' });
    await store.put('parts/test/suite/stray', 'x');
    store.at(morning(1));
    const report = await store.round();
    expect(report.findings.map(({ kind, key }) => [kind, key]).sort()).toEqual([
      ['undeclared', 'parts/test/suite/files/'], ['undeclared', 'runs/test/suite/files/'], ['unknown-key', 'parts/test/suite/database/readme'],
      ['unknown-key', 'parts/test/suite/stray'], ['unknown-key', 'runs/test/suite/database/notes.txt'],
    ]);
  });

  it('takes a part copied in from elsewhere for what it is', async () => {
    const [runId] = await store.copies(0, 1);
    const [one, other] = await partsOf(runId);
    await store.client.send(new CopyObjectCommand({ Bucket: BUCKET, Key: one, CopySource: `${BUCKET}/${other}` }));
    store.at(morning(1));
    expect((await store.round({ dryRun: true })).findings).toEqual([expect.objectContaining({ kind: 'part-differs', key: one })]);
  });
});

describe('what changes while a round is under way', () => {
  interface Changeable { tags: Record<string, string>; legalHold?: boolean }

  /** Between the look at the four copies and the first step of one of them. */
  function meanwhile(runId: string, change: (version: Changeable) => void): void {
    let asked = 0;
    store.inject(({ operation }) => {
      const version = store.endpoint.s3.versions(BUCKET, manifestKey(ID, runId))[0] as unknown as Changeable;
      if (operation === 'GetObjectLegalHold' && ++asked === 5) change(version);
      return undefined;
    });
  }

  it.each([['announced', 3], ['released', 5]] as const)('a hold laid on a copy that was to be %s stands', async (_, day) => {
    const [oldest] = await store.copies(0, 3);
    if (day === 5) {
      store.at(morning(3));
      await store.round();
    }
    store.at(morning(day));
    const before = store.marksOf(oldest);
    meanwhile(oldest, (version) => { version.legalHold = true; });
    expect(await store.decided()).toMatchObject({ [oldest]: 'kept' });
    expect(store.marksOf(oldest)).toEqual(before);
  });

  it.each(['keep', 'pending:20260305T120000Z'])('the tag %s on a copy that was to be released stands', async (value) => {
    const [oldest] = await store.copies(0, 3);
    store.at(morning(3));
    await store.round();
    store.at(morning(5));
    meanwhile(oldest, (version) => { version.tags = { retire: value }; });
    expect(await store.decided()).toMatchObject({ [oldest]: 'kept' });
    expect(store.marksOf(oldest)).toEqual({ manifest: value, parts: [undefined], verdicts: [undefined] });
  });
});

describe('a worker that dies', () => {
  /** Marks of every copy, by run; the promise: nobody keeps what is released, and a released manifest has no part left behind. */
  function promises(keptForGood: readonly string[]): void {
    const unmarked = { manifest: undefined, parts: [undefined], verdicts: [undefined] };
    for (const runId of keptForGood) expect([runId, store.marksOf(runId)]).toEqual([runId, unmarked]);
    for (const key of store.keys('runs/')) {
      const runId = key.slice(-21, -5);
      const { manifest, parts, verdicts } = store.marksOf(runId);
      if (manifest === 'expire') expect([runId, parts, verdicts]).toEqual([runId, ['expire'], ['expire']]);
      if (parts.includes('expire') && manifest !== 'expire') expect([runId, manifest]).toEqual([runId, expect.stringMatching(/:releasing$/)]);
    }
  }

  it('after any number of tags leaves no kept copy released and no part without its manifest, and the next round ends it', async () => {
    await fc.assert(fc.asyncProperty(fc.array(fc.nat({ max: 14 }), { minLength: 1, maxLength: 4 }), async (deaths) => {
      await store.stop();
      store = await RetireStore.start();
      const made = await store.copies(0, 6);
      store.at(morning(6));
      for (const tags of deaths) {
        from(tags + 1, 'PutObjectTagging', { status: 403, code: 'AccessDenied' });
        await store.round().catch(() => undefined);
        store.inject();
        promises(made.slice(-3));
        store.now = new Date(store.now.getTime() + 2 * 86_400_000);
      }
      for (let round = 0; round < 4; round++) {
        await store.round();
        promises(made.slice(-3));
        store.now = new Date(store.now.getTime() + 2 * 86_400_000);
      }
      for (const runId of made.slice(0, -3)) expect(store.marksOf(runId)).toEqual({ manifest: 'expire', parts: ['expire'], verdicts: ['expire'] });
    }), { numRuns: 12 });
  });

  it('while it releases a copy of which a part is gone already goes on: nobody keeps half a copy, and the audit does not miss it', async () => {
    const made = await store.copies(0, 3);
    store.at(morning(3));
    await store.round();
    store.at(morning(5));
    from(4, 'PutObjectTagging', { status: 403, code: 'AccessDenied' });
    await expect(store.round()).rejects.toThrow('STORE_REFUSED');
    store.inject();
    const [part] = store.keys(`parts/test/suite/database/${made[0]}/`);
    const [version] = store.endpoint.s3.versions(BUCKET, part);
    const forGood = { VersionId: version.versionId, BypassGovernanceRetention: true };
    await store.client.send(new DeleteObjectCommand({ Bucket: BUCKET, Key: part, ...forGood }));
    // Its day has a place again.
    await overwrite(manifestKey(ID, made[3]), 'damaged');
    const report = await store.round({ dryRun: true, whole: true });
    expect(report.protections[0].decisions!.find(({ runId }) => runId === made[0])).toMatchObject({ action: 'released' });
    expect(report.findings.map(({ kind }) => kind)).toEqual(['manifest-overwritten', 'run-missing']);
  });

  it('while it releases a copy that is needed again has it taken back, parts first', async () => {
    const made = await store.copies(0, 3);
    store.at(morning(3));
    await store.round();
    store.at(morning(5));
    // The mark `releasing` and one part are written.
    from(3, 'PutObjectTagging', { status: 403, code: 'AccessDenied' });
    await expect(store.round()).rejects.toThrow('STORE_REFUSED');
    store.inject();
    expect(store.marksOf(made[0]).manifest).toMatch(/:releasing$/);
    expect(store.marksOf(made[0]).parts).toContain('expire');
    // Two of the others turn out bad: of the good ones there would be too few.
    for (const runId of made.slice(1, 3)) {
      const { attempt } = JSON.parse((await store.endpoint.s3.read(BUCKET, manifestKey(ID, runId))).toString()) as { attempt: string };
      await store.verdict(slot(made.indexOf(runId)), attempt, 'not-proven', '2026-03-06T04:00:00Z');
    }
    // It dies on the way back too: the manifest answers for the parts until all of them are free.
    from(2, 'PutObjectTagging', { status: 403, code: 'AccessDenied' });
    await expect(store.round()).rejects.toThrow('STORE_REFUSED');
    store.inject();
    expect(store.marksOf(made[0]).manifest).toMatch(/:releasing$/);
    expect(await store.decided()).toMatchObject({ [made[0]]: 'taken-back' });
    expect(store.marksOf(made[0])).toEqual({ manifest: undefined, parts: [undefined], verdicts: [undefined] });
  });
});
