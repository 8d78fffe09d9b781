import { PutObjectCommand } from '@aws-sdk/client-s3';
import { CONTRACT_VERSION } from '../../lib/contract/common';
import type { Census } from '../../lib/contract/census';
import type { CopyEncryption } from '../../lib/contract/encryption';
import { parseManifest, type Manifest } from '../../lib/contract/manifest';
import { attemptPrefix, manifestKey } from '../../lib/contract/object-keys';
import type { DumpResult } from '../../lib/contract/run-request';
import type { Engine } from '../runtime/engine';
import { withInvocation, type Invocation, type InvocationContext } from '../runtime/invocation';
import { instantOf } from '../runtime/clock';
import { writeMetrics } from '../runtime/metrics';
import { StorePartSink } from '../runtime/part-sink';
import { createStoreClient } from '../runtime/store-client';
import { isPreconditionFailed, storeError } from '../runtime/store-errors';

/** Level for what the workers write themselves; the engine chooses its own. */
const CENSUS_ZSTD_LEVEL = 3;

/**
 * Writes one attempt's copy of the source, and claims the run by its manifest: last, once. A run that is there already is no failure:
 * verification finds out whose copy it is.
 */
export function dumpWorker<Config>(engine: Engine<Config>) {
  return (event: unknown, context: InvocationContext): Promise<DumpResult> =>
    withInvocation(engine, 'dump', event, context, (invocation) => dump(engine, invocation));
}

async function dump<Config>(engine: Engine<Config>, invocation: Invocation<Config>): Promise<DumpResult> {
  const { request, runId, attempt, log, signal, engineContext } = invocation;
  const startedAt = engineContext.now();
  const client = createStoreClient(request.store.region);
  const { bucket } = request.store;

  const inspection = await engine.inspect(engineContext);
  log.info('source inspected', { version: inspection.version, databases: inspection.databases.length, estimatedBytes: inspection.estimatedBytes });

  const { scheme, recipients = [] } = request.encryption ?? {};
  const encryption: CopyEncryption | undefined = scheme && { scheme, recipients };
  const sink = new StorePartSink({ client, bucket, prefix: attemptPrefix(request, runId, attempt), signal, encryption });
  const dumped = await engine.dump(engineContext, sink);
  const census: Census = { version: CONTRACT_VERSION, items: dumped.census };
  const censusPart = await sink.write({ name: 'census.json', kind: 'census', compression: { zstdLevel: CENSUS_ZSTD_LEVEL } }, async (out) => {
    out.end(JSON.stringify(census));
  });

  // What an engine notes may be the source's own, and secret (settings of a database): no part of the manifest, which more roles read.
  const notes = await sink.write({ name: 'notes.json', kind: 'notes', compression: { zstdLevel: CENSUS_ZSTD_LEVEL } }, async (out) => {
    out.end(JSON.stringify(dumped.engineNotes));
  });

  const rows = sum(dumped.census.map((item) => item.rows ?? 0));
  const sizeBytes = sum(sink.parts.map((part) => part.sizeBytes));
  const finishedAt = engineContext.now();
  const manifest: Manifest = parseManifest({
    version: CONTRACT_VERSION,
    environment: request.environment,
    application: request.application,
    protection: request.protection,
    engine: engine.name,
    runId,
    slot: request.slot,
    attempt,
    execution: request.execution,
    startedAt: instantOf(startedAt),
    finishedAt: instantOf(finishedAt),
    recoveryPoint: instantOf(dumped.recoveryPoint),
    source: { version: dumped.version, description: dumped.description, databases: dumped.databases },
    tools: { ...dumped.tools, node: process.versions.node },
    ...(encryption ? { encryption } : {}),
    parts: sink.parts,
    census: censusPart.name,
    totals: { items: dumped.census.length, rows, sizeBytes, rawSizeBytes: sum(sink.parts.map((part) => part.rawSizeBytes)) },
    leftOut: dumped.leftOut,
    notes: notes.name,
    engineNotes: {},
  } satisfies Manifest);

  signal.throwIfAborted();
  const key = manifestKey(request, runId);
  let outcome: DumpResult['outcome'] = 'written';
  try {
    await client.send(
      new PutObjectCommand({
        Bucket: bucket,
        Key: key,
        Body: JSON.stringify(manifest),
        ContentType: 'application/json',
        IfNoneMatch: '*',
        ChecksumAlgorithm: 'SHA256',
      }),
      { abortSignal: signal },
    );
  } catch (error) {
    if (!isPreconditionFailed(error)) throw storeError(error, `write ${key}`);
    outcome = 'already-there';
  }
  const seconds = (engineContext.now().getTime() - startedAt.getTime()) / 1000;
  log.info('dump ended', { outcome, sizeBytes, rows, seconds, items: dumped.census.length, leftOut: dumped.leftOut.length });
  if (outcome === 'written') writeMetrics(request, { dumpSeconds: seconds, sizeBytes, rows }, finishedAt);
  return { runId, manifestKey: key, attempt, outcome, sizeBytes };
}

function sum(values: number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
