import {
  ASSUMED_LOG_BYTES, ASSUMED_OBJECTS, ASSUMED_ROUND_SECONDS, ASSUMED_SENTINEL_REQUESTS, ASSUMED_SENTINEL_SECONDS, BILLED_GB,
  type CostEstimate, type CostFacts, type CostLine, type CostRate,
} from './cost-facts';
import {
  computeLines, copyLines, extensionLines, orchestrationLines, replicaLines, retirementLines, scrubLines, sentinelLines, watchingLines,
} from './cost-lines';
import { PRICES_AS_OF, PRICES_SOURCE, REFERENCE_REGION } from './prices';

const NOT_COUNTED = [
  'messages: only failures send them',
  'what the source bears: its load, and transfer out of another cloud or region',
  'NAT gateways, traces, and what S3 charges for listing',
  'storage of images, logs and access logs',
  'free tier, discounts, support and taxes',
];

/**
 * What a policy costs a month once as many copies go as come. What is not known (the size of a copy, the time of a run) is not guessed:
 * its price is given for each GB or minute instead.
 */
export function estimateCost(facts: CostFacts): CostEstimate {
  const lines: CostLine[] = [];
  const rates: CostRate[] = [];
  for (const one of facts.protections) {
    const ofBytes = (bytes: number): CostLine[] => [
      ...copyLines(facts.region, one, bytes),
      ...facts.replicas.flatMap((replica) => replicaLines(facts.region, replica, one, bytes)),
    ];
    lines.push(...ofBytes(one.copyBytes ?? 0));
    if (one.copyBytes === undefined) rates.push(rate(one.id, 'GB of a copy', ofBytes(BILLED_GB), ofBytes(0)));
    for (const purpose of ['dump', 'verify'] as const) {
      const worker = one[purpose];
      if (!worker) continue;
      const ofSeconds = (seconds: number): CostLine[] => computeLines(facts.region, one, purpose, worker.size, seconds);
      lines.push(...ofSeconds(worker.seconds ?? 0));
      const each = purpose === 'dump' ? 'minute of a dump' : 'minute of a verification';
      if (worker.seconds === undefined) rates.push(rate(one.id, each, ofSeconds(60), ofSeconds(0)));
    }
    lines.push(...orchestrationLines(facts.region, one));
  }
  lines.push(...retirementLines(facts), ...extensionLines(facts), ...scrubLines(facts), ...sentinelLines(facts), ...watchingLines(facts));
  const all = [...lines, ...rates.flatMap((one) => one.lines)];
  return {
    pricesAsOf: PRICES_AS_OF, pricesSource: PRICES_SOURCE,
    copies: facts.protections.map(({ id, stored: { runsAMonth, kept, released } }) => ({ protection: id, runsAMonth, kept, released })),
    lines, totalUsd: sum(lines), rates,
    assumptions: assumptionsOf(facts, all),
    notCounted: [...NOT_COUNTED, ...withoutWorkers(facts), ...facts.notSeen],
  };
}

/** What one more costs: the lines of one less those of none. */
function rate(protection: string, each: CostRate['each'], ofOne: readonly CostLine[], ofNone: readonly CostLine[]): CostRate {
  const lines = ofOne.map((line): CostLine => {
    const quantity = line.quantity - (ofNone.find(({ what }) => what === line.what)?.quantity ?? 0);
    return { ...line, quantity, usd: quantity * line.unitPrice };
  }).filter(({ quantity }) => quantity > 0);
  return { protection, each, usd: sum(lines), lines };
}

function sum(lines: readonly CostLine[]): number {
  return lines.reduce((total, { usd }) => total + usd, 0);
}

function withoutWorkers({ protections }: CostFacts): string[] {
  return protections.filter(({ dump, verify }) => !dump || !verify).map(({ id }) => `the workers of ${id}: the template does not show their size`);
}

function assumptionsOf(facts: CostFacts, lines: readonly CostLine[]): string[] {
  const said = ['every run succeeds at its first try, and every copy is proven'];
  for (const { id, copyBytes, copyBytesBy, copyObjects, dump, verify, secondsBy, stored } of facts.protections) {
    if (copyBytes === undefined) said.push(`the size of a copy of ${id} is not known: its storage is given for each GB`);
    else said.push(`each copy of ${id} is as large as the other${copyBytesBy === undefined ? '' : `, by ${copyBytesBy}`}`);
    if (copyObjects === undefined) said.push(`a copy of ${id} has ${ASSUMED_OBJECTS} objects: no run has shown how many`);
    if ((dump && dump.seconds === undefined) || (verify && verify.seconds === undefined)) {
      said.push(`the time of a run of ${id} is not known: its workers are given for each minute`);
    }
    if (secondsBy !== undefined) said.push(`each run of ${id} takes as long as the other, by ${secondsBy}`);
    if (stored.endless) said.push(`copies of ${id} that stay longer than 30 years are counted up to there`);
  }
  said.push(`a run, and a round of retirement, logs ${ASSUMED_LOG_BYTES / 1000} kB and asks the key once for each object it writes or reads; with the bucket's key it asks less`);
  if (facts.retirement?.size) said.push(`a round of retirement takes ${ASSUMED_ROUND_SECONDS} seconds`);
  if (facts.extension) {
    const days = Math.round(facts.extension.daysBetween * 10) / 10;
    said.push(`a round of lock extension takes ${ASSUMED_ROUND_SECONDS} seconds, and lengthens the lock of a kept copy every ${days} days`);
  }
  if (facts.scrub) {
    said.push(`a round of the scrub takes ${ASSUMED_ROUND_SECONDS} seconds and those of reading at 40 MB/s, all in classes that charge nothing for reading`);
  }
  if (facts.sentinel) {
    const { list, read } = ASSUMED_SENTINEL_REQUESTS;
    said.push(`a round of the sentinel takes ${ASSUMED_SENTINEL_SECONDS} seconds and asks the store ${list + read} times for each protection`);
  }
  if (facts.keys + facts.replicas.length > 0) {
    said.push('each key has been rotated twice, after which KMS charges no more for it; a store\'s key is counted in every policy that uses it');
  }
  if (facts.replicas.length > 0) said.push('a replica keeps its copies in the same classes as long as its store');
  const region = facts.region;
  if (region === undefined) said.push(`the region is not known before deployment: prices are those of ${REFERENCE_REGION}`);
  const kinds = [...new Set(lines.filter(({ standIn }) => standIn).map(({ what }) => kindOf(what)))];
  if (kinds.length > 0) said.push(`the price table has none of the region for these, and takes that of ${REFERENCE_REGION}: ${kinds.join(', ')}`);
  return said;
}

/** `storage, STANDARD_IA` and `storage, GLACIER` are one kind. */
function kindOf(what: string): string {
  return what.split(',')[0];
}
