import { ALARM_KIND_NAMES, ALARM_KINDS, type AlarmKindName, sectionOf } from '../../lib/contract/alarm-kinds';
import { METRICS } from '../../lib/contract/metrics';
import { ALARM_WORDS } from '../../lib/watch/alarm-words';

/** From where on each kind speaks where nothing else is declared, and by which prop that is done. */
const DEFAULTS: Readonly<Record<AlarmKindName, string>> = {
  recoveryPointOld: 'the RPO; `recoveryPointAge`',
  backupOverdue: 'the longest dump with its retries, or what the RPO leaves after the longest gap; `overdueAfter`',
  backupFailed: 'one',
  copyNotProven: 'one',
  copyUnverified: 'the longest verification with its retries; `unverifiedAfter`',
  provenCopiesMissing: 'one',
  successRateLow: '99 %, or what one failure leaves of 30 days; `successRatePercent`',
  sizeAnomaly: '50 %; `sizeDeviationPercent`',
  rowsAnomaly: '50 %; `rowsDeviationPercent`',
  runTooLong: 'twice the declared dump, or its worker\'s limit, and 5 min; `runLongerThan`',
  restoreTooSlow: '100 % of the RTO; `restoreOfRtoPercent`',
  drillOld: 'the criticality\'s interval, 31 days without one; `drillAge`',
  storeFilling: '80 % of `storeCeiling`; `storeFillPercent`',
  replicaLate: '15 min with Replication Time Control, else what the RPO leaves, 1 h at least; `replicaLag`',
  replicaFailed: 'one',
  copyUnreadable: 'one',
  clockWrong: '5 min; `clockSkew`',
  copyNotRead: 'the period of the scrub; `lastReadAge`',
  scheduleChanged: 'one',
  sentinelSilent: 'no round in a period',
  slotNotStarted: 'one',
  lockChanged: 'one',
  lifecycleChanged: 'one',
  replicationChanged: 'one',
  keyUnusable: 'one',
  recipientUnconfirmed: 'one, for 24 h',
  auditOld: 'two rounds of retirement and 1 h; `auditAge`',
  releasedTooMany: 'one',
};

export function alarmsTable(): string {
  const rows = ALARM_KIND_NAMES.map((kind) => {
    const { metric, severity, missing, essential, paused } = ALARM_KINDS[kind];
    const marks = [essential ? 'essential' : '', paused ? 'silent in a pause' : '', missing === 'breaching' ? 'no data breaches' : ''].filter(Boolean);
    const cells = [`[${kind}](runbook/alarms.en.md#${sectionOf(kind)})`, ALARM_WORDS[kind].meaning, severity, `\`${METRICS[metric].name}\``, DEFAULTS[kind], marks.join(', ')];
    return `| ${cells.join(' | ')} |`;
  });
  return ['| alarm | means | tells | gauge | from where on, and the prop | |', '|---|---|---|---|---|---|', ...rows].join('\n');
}
