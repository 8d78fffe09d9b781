import type { Voice } from './compose';
import { message, WORDS } from './compose';
import type { DigestFacts, PolicyFacts, ProtectionFacts } from './facts';
import type { Message } from './message';
import type { Words } from './messages/words';

/** That all is well, or what is not, with figures: a silent system is not trusted. */
export function composeDigest({ whose, at, policy, alarmsUrl }: DigestFacts, voice: Voice): Message {
  const words = WORDS[voice.language];
  const troubles = policy === undefined ? [words.digest.notAsked] : troublesOf(policy, words, voice);
  const well = troubles.length === 0;
  const verdict = well ? words.digest.wellText(policy?.protections.length ?? 0) : [words.digest.notWellText(troubles.length), ...troubles.map((one) => `- ${one}`)].join('\n');
  return message({
    voice, whose, at, severity: 'digest', state: 'news', kind: 'digest', prefix: words.prefix.digest,
    key: ['cdk-backup-policy', 'digest', whose.environment, whose.application, at].join('/'),
    title: well ? words.digest.well : words.digest.notWell,
    brief: well ? verdict : troubles.join('; '),
    sections: [
      [words.labels.happened, verdict],
      [words.labels.safe, (policy?.protections ?? []).map((one) => `${one.protection}: ${figuresOf(one, words, voice)}`).join('\n') || words.safeUnknown],
      ...well ? [] : [[words.labels.mend, words.digest.mend] as const],
    ],
    links: [{ label: words.links.alarms, url: alarmsUrl }],
  });
}

function troublesOf({ drifts, protections }: PolicyFacts, words: Words, { timeZone }: Voice): string[] {
  const { digest } = words;
  const ofProtections = protections.flatMap((one) => {
    if (one.pausedUntil !== undefined) return [];
    const found = one.at === undefined ? [digest.nothingMeasured] : [
      ...one.provenCopies === 0 ? [digest.noneProven] : [],
      ...(one.recoveryPointAge ?? 0) > one.rpoSeconds ? [digest.tooOld(words.span(one.recoveryPointAge!), words.span(one.rpoSeconds))] : [],
      ...one.overdueSeconds ? [digest.overdue(words.span(one.overdueSeconds))] : [],
      ...one.failedRuns ? [digest.failedRuns(one.failedRuns)] : [],
      ...one.unprovenCopies ? [digest.unproven(one.unprovenCopies)] : [],
      ...one.unreadable ? [digest.unreadable(one.unreadable)] : [],
      ...one.replicaFailures ? [digest.replica] : [],
      ...one.scheduleDrift ? [words.kinds.scheduleChanged.title] : [],
    ];
    return found.map((text) => `${one.protection}: ${text}`);
  });
  // A pause is declared, and still nothing that should be forgotten.
  const paused = protections.filter(({ pausedUntil }) => pausedUntil !== undefined)
    .map(({ protection, pausedUntil }) => `${protection}: ${digest.paused(words.instant(pausedUntil!, timeZone))}`);
  return [...drifts.map((kind) => words.kinds[kind].title), ...ofProtections, ...paused];
}

function figuresOf(one: ProtectionFacts, words: Words, { timeZone }: Voice): string {
  const { digest } = words;
  const figures = [
    one.recoveryPointAge === undefined ? undefined : digest.newest(words.span(one.recoveryPointAge)),
    one.provenCopies === undefined ? undefined : digest.proven(words.count(one.provenCopies)),
    one.successRate === undefined ? undefined : digest.rate(words.percent(one.successRate)),
    one.storedBytes === undefined ? undefined : digest.stored(words.bytes(one.storedBytes)),
    one.daysToCeiling === undefined || one.daysToCeiling >= NEVER_DAYS ? undefined : digest.ceiling(words.count(one.daysToCeiling)),
    !one.restoreOfRto ? undefined : digest.restore(words.percent(one.restoreOfRto)),
    one.drillAge === undefined ? undefined : digest.drill(words.span(one.drillAge)),
    one.pausedUntil === undefined ? undefined : digest.paused(words.instant(one.pausedUntil, timeZone)),
  ].filter((figure) => figure !== undefined);
  return figures.length > 0 ? figures.join(', ') : digest.nothingMeasured;
}

/** What `DaysToCeiling` says where none is declared. */
const NEVER_DAYS = 3650;
