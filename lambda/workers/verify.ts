import { PutObjectCommand } from '@aws-sdk/client-s3';
import { NewerContractError } from '../../lib/contract/common';
import { parseManifest, type Manifest, type Part } from '../../lib/contract/manifest';
import { manifestKey, verdictKey } from '../../lib/contract/object-keys';
import type { RunRequest, VerifyResult } from '../../lib/contract/run-request';
import { parseVerdict } from '../../lib/contract/verdict';
import { DrillIdentity } from '../runtime/age';
import { checkAssertions } from '../runtime/check-assertions';
import { instantOf, secondsSince } from '../runtime/clock';
import { compareCensus } from '../runtime/compare-census';
import type { Engine, SecretReader } from '../runtime/engine';
import { IntegrityError, NotProvenError, RefusedError, messageOf } from '../runtime/errors';
import { judge, type Evidence } from '../runtime/judge';
import { withInvocation, type Invocation, type InvocationContext } from '../runtime/invocation';
import { writeMetrics } from '../runtime/metrics';
import { openCopy } from '../runtime/open-copy';
import { createStoreClient } from '../runtime/store-client';
import { isPreconditionFailed, storeError } from '../runtime/store-errors';
import { checkPart, readDocument, type StoreReaderOptions } from '../runtime/store-reader';

/** Proves one run: every part read back and hashed, restored into a scratch server, counted, asked, timed. */
export function verifyWorker<Config>(engine: Engine<Config>) {
  return (event: unknown, context: InvocationContext): Promise<VerifyResult> =>
    withInvocation(engine, 'verify', event, context, (invocation) => verify(engine, invocation));
}

async function verify<Config>(engine: Engine<Config>, invocation: Invocation<Config>): Promise<VerifyResult> {
  const { request, runId, log, signal, engineContext } = invocation;
  const store: StoreReaderOptions = { client: createStoreClient(request.store.region), bucket: request.store.bucket, signal };
  const manifest = await readManifest(store, request, runId);
  const identity = await readIdentity(request, manifest, engineContext.secrets);
  const began = performance.now();
  let evidence: Evidence;
  try {
    evidence = manifest.encryption && !identity
      ? await compareChecksums(store, manifest)
      : await drill(engine, invocation, store, manifest, identity);
  } catch (error) {
    // A damaged copy is a finding about the copy, and must be on record; anything else says nothing of it.
    if (!(error instanceof IntegrityError)) throw error;
    const checked = { parts: 0, items: manifest.totals.items, hashed: 0, rows: 0, sizeBytes: 0 };
    evidence = withoutDrill({ failure: error.message, checked }, secondsSince(began));
  }
  const verdict = judge(request, manifest, evidence, engineContext.now());
  const key = verdictKey(request, runId, instantOf(engineContext.now()));
  await store.client
    .send(
      new PutObjectCommand({
        Bucket: store.bucket,
        Key: key,
        Body: JSON.stringify(parseVerdict(verdict)),
        ContentType: 'application/json',
        IfNoneMatch: '*',
        ChecksumAlgorithm: 'SHA256',
      }),
      { abortSignal: signal },
    )
    .catch((error: unknown) => {
      // The instant is part of the key: what is there already is this verdict, whose answer was lost.
      if (!isPreconditionFailed(error)) throw storeError(error, `write ${key}`);
    });
  const { outcome } = verdict;
  log.info('verdict', { outcome, summary: verdict.summary, ...verdict.seconds, differences: verdict.differenceCount, steps: evidence.steps });
  writeMetrics(
    request,
    {
      ...(outcome === 'checksums-only' ? {} : { restoreSeconds: verdict.seconds.scratch + verdict.seconds.restore }),
      drillSeconds: verdict.seconds.total,
      proven: outcome === 'proven' || outcome === 'proven-except' ? 1 : 0,
      notProven: outcome === 'not-proven' ? 1 : 0,
    },
    engineContext.now(),
  );
  if (outcome === 'not-proven') throw new NotProvenError('NOT_PROVEN', verdict.summary, `The verdict is ${key}; do not count on this run, and look for what changed since the last proven one.`);
  return { runId, verdictKey: key, outcome, summary: verdict.summary, totalSeconds: verdict.seconds.total };
}

async function readManifest(store: StoreReaderOptions, request: RunRequest, runId: string): Promise<Manifest> {
  const key = manifestKey(request, runId);
  const document = await readDocument(store, key);
  if (!document) {
    throw new RefusedError('NO_MANIFEST', `There is no manifest ${key}, so there is no run to verify.`, 'Look at what the dump of this slot said.');
  }
  let manifest: Manifest;
  try {
    manifest = parseManifest(JSON.parse(document));
  } catch (error) {
    if (error instanceof NewerContractError) throw new RefusedError('MANIFEST_NEWER', `${error.message}.`, 'Deploy the newer release here too.');
    throw new IntegrityError('MANIFEST_DAMAGED', `${key}: ${messageOf(error)}.`, 'Do not restore from this run; look at who wrote to the store.', { cause: error });
  }
  const claim = (of: Pick<Manifest, 'environment' | 'application' | 'protection' | 'engine'>, run: string) =>
    `${of.environment}/${of.application}/${of.protection}/${run} (${of.engine})`;
  if (claim(manifest, manifest.runId) !== claim(request, runId)) {
    throw new IntegrityError('MANIFEST_SWAPPED', `${key} speaks of another run: ${claim(manifest, manifest.runId)}.`, 'Look at who wrote to the store.');
  }
  return manifest;
}

/** An encrypted copy is opened only where the policy gave the drill an identity, which is tried on it before anything is read. */
async function readIdentity({ encryption }: RunRequest, manifest: Manifest, secrets: SecretReader): Promise<DrillIdentity | undefined> {
  if (!manifest.encryption || encryption?.identitySecretArn === undefined) return undefined;
  const identity = await DrillIdentity.parse(await secrets.read(encryption.identitySecretArn));
  identity.requireFor(manifest.encryption, manifest.runId);
  return identity;
}

async function compareChecksums(store: StoreReaderOptions, manifest: Manifest): Promise<Evidence> {
  const began = performance.now();
  const verified: Part[] = [];
  for (const part of manifest.parts) await checkPart(store, part, (one) => verified.push(one));
  return withoutDrill({
    unopened: 'it is encrypted to recipients whose identity the policy does not give to its drills',
    checked: { parts: verified.length, items: 0, hashed: 0, rows: 0, sizeBytes: verified.reduce((sum, part) => sum + part.sizeBytes, 0) },
  }, secondsSince(began));
}

async function drill<Config>(
  engine: Engine<Config>,
  { request, log, engineContext }: Invocation<Config>,
  store: StoreReaderOptions,
  manifest: Manifest,
  identity: DrillIdentity | undefined,
): Promise<Evidence> {
  const began = performance.now();
  const copy = await openCopy(store, manifest, identity);
  const { census: expected, verified } = copy;

  const scratchBegan = performance.now();
  const scratch = await engine.scratch(engineContext, copy.manifest);
  const scratchSeconds = secondsSince(scratchBegan);
  try {
    log.info('scratch server is up', { version: scratch.version, seconds: scratchSeconds });
    const restoreBegan = performance.now();
    const restored = await engine.restore(engineContext, copy, scratch);
    const restoreSeconds = secondsSince(restoreBegan);
    log.info('restored', { seconds: restoreSeconds, steps: restored.seconds });

    // What a restore does not need is part of the copy all the same: it is read to its end too.
    for (const part of manifest.parts) if (!verified.has(part.name)) for await (const chunk of await copy.open(part)) void chunk;

    const censusBegan = performance.now();
    const actual = await engine.census(engineContext, scratch, expected);
    const censusSeconds = secondsSince(censusBegan);

    const assertionsBegan = performance.now();
    const assertions = await checkAssertions(scratch, request.assertions);
    return {
      exceptions: restored.exceptions,
      differences: compareCensus(expected, actual, restored.exceptions),
      checked: {
        parts: verified.size,
        items: expected.items.length,
        hashed: expected.items.filter((item) => item.method === 'hashed').length,
        rows: expected.items.reduce((total, item) => total + (item.rows ?? 0), 0),
        sizeBytes: manifest.parts.filter((part) => verified.has(part.name)).reduce((total, part) => total + part.sizeBytes, 0),
      },
      assertions,
      seconds: {
        scratch: scratchSeconds,
        restore: restoreSeconds,
        census: censusSeconds,
        assertions: secondsSince(assertionsBegan),
        total: secondsSince(began),
      },
      tools: { ...scratch.tools, server: scratch.version, node: process.versions.node },
      steps: restored.seconds,
    };
  } finally {
    await scratch.stop();
  }
}

/** Where nothing was restored. */
function withoutDrill(seen: Pick<Evidence, 'checked' | 'failure' | 'unopened'>, total: number): Evidence {
  return {
    ...seen,
    exceptions: [],
    differences: [],
    assertions: [],
    seconds: { scratch: 0, restore: 0, census: 0, assertions: 0, total },
    tools: { node: process.versions.node },
    steps: {},
  };
}
