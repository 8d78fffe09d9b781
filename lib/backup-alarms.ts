import { Stack } from 'aws-cdk-lib';
import type * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import { Construct } from 'constructs';
import type { PolicyAlarmProps } from './alarm-props';
import { AlarmSet, type BackupAlarmKind } from './alarm-set';
import type { BackupPolicy } from './backup-policy';
import { ALARM_KINDS, type AlarmKindName } from './contract/alarm-kinds';
import type { MetricKey } from './contract/metrics';
import type { DeclaredAlarm } from './contract/watching';
import type { AlarmFacts } from './model/proof';
import { type DeclaredThresholds, policyThresholds, type ProtectionThresholds, protectionThresholds } from './model/watch/thresholds';
import type { Protection } from './protection';
import { declaredAuditAge, declaredThresholds } from './watch/alarm-choices';
import { AlarmOfGauge } from './watch/alarm-of-gauge';
import { DataAtRisk } from './watch/data-at-risk';

/** Tiers whose loss is not borne: they have every kind, unless something else is declared. */
const DEMANDING_TIERS = ['critical', 'important'];

/** What messages and pages show of every protection that has alarms. */
const SHOWN: readonly MetricKey[] = ['recoveryPointAge', 'provenCopies', 'pausedSeconds'];

interface Protected {
  readonly protection: Protection;
  readonly declared: DeclaredThresholds;
  readonly thresholds: ProtectionThresholds;
}

/** The alarms of a policy and of its protections; made by the policy, with thresholds from its objectives. */
export class BackupAlarms extends Construct {
  /** Those of the policy itself. @internal */
  public readonly _own: cloudwatch.Alarm[] = [];
  private readonly made: AlarmOfGauge[] = [];
  private readonly protected: Protected[] = [];
  private readonly risk: DataAtRisk;

  /** Made by the policy. */
  constructor(private readonly policy: BackupPolicy, id: string, private readonly choices: PolicyAlarmProps) {
    super(policy, id);
    this.risk = new DataAtRisk(this, 'Risk', policy);
    const set = choices.set ?? AlarmSet.ESSENTIAL;
    for (const [kind, threshold] of this.policyKinds()) {
      if (set._has(kind) || kind === 'auditOld' && choices.auditAge && !choices.set) this.make(this, kind, threshold);
    }
  }

  /** All of them, composites not among them. */
  public get all(): cloudwatch.Alarm[] {
    return this.made.map(({ alarm }) => alarm);
  }

  /**
   * In alarm while any alarm of the policy is that wakes somebody: data is at risk now. It tells nobody by itself, for each of those does;
   * hang on it what else is to happen then. Made once it is asked for ($0.50 a month); not there where no such alarm is.
   */
  public get dataAtRisk(): cloudwatch.IAlarm | undefined {
    return this.risk.whole;
  }

  /**
   * One alarm; undefined where the policy has none of the kind, because its set leaves it out or because it would say nothing.
   *
   * @param kind what it is about
   * @param protection whose it is; left out for those of the policy itself
   */
  public find(kind: BackupAlarmKind, protection?: Protection): cloudwatch.Alarm | undefined {
    return this.made.find((one) => one.kind === kind && one.protection === protection)?.alarm;
  }

  /** @internal */
  public _admit(protection: Protection): void {
    const { choices } = this;
    const { tier, alarms: own } = protection._alarmed();
    const declared = declaredThresholds(protection, own, choices);
    const chosen = own.set ?? choices.set;
    const set = chosen ?? (tier !== undefined && DEMANDING_TIERS.includes(tier) ? AlarmSet.ALL : AlarmSet.ESSENTIAL);
    // Whoever says from when on a kind speaks wants to hear it.
    const wanted = (kind: AlarmKindName): boolean => set._has(kind) || chosen === undefined && Object.hasOwn(declared, kind);
    const all = protectionThresholds(protection._thresholdFacts(), declared);
    const thresholds = Object.fromEntries(Object.entries(all).filter(([kind]) => wanted(kind as AlarmKindName))) as ProtectionThresholds;
    this.protected.push({ protection, declared, thresholds });
    const scope = new Construct(this, protection.node.id);
    for (const [kind, threshold] of Object.entries(thresholds)) this.make(scope, kind as AlarmKindName, threshold, protection);
    // What is not essential to a policy is so once a protection asks for all.
    for (const [kind, threshold] of this.policyKinds()) {
      if (!ALARM_KINDS[kind].essential && set._has(kind) && !this.made.some((one) => one.kind === kind)) this.make(this, kind, threshold);
    }
  }

  /** For the proof: which alarms there are, and from when. @internal */
  public _factsOf(protection: Protection): AlarmFacts | undefined {
    const found = this.protected.find((one) => one.protection === protection);
    return found && { thresholds: found.thresholds, storeCeilingBytes: found.declared.storeCeilingBytes };
  }

  /** Gauges that a message of the protection reads. @internal */
  public _shownOf(protection: Protection): readonly MetricKey[] {
    return this.made.some((one) => one.protection === protection) ? SHOWN : [];
  }

  /** @internal */
  public _of(protection: Protection): cloudwatch.Alarm[] {
    return this.made.filter((one) => one.protection === protection).map(({ alarm }) => alarm);
  }

  /** @internal */
  public _ceilingOf(protection: Protection): number | undefined {
    return this.protected.find((one) => one.protection === protection)?.declared.storeCeilingBytes;
  }

  /** @internal */
  public _declare(): DeclaredAlarm[] {
    return this.made.map((one) => one.declare(Stack.of(this)));
  }

  private policyKinds(): [AlarmKindName, number][] {
    const { policy, choices } = this;
    const { store, _auditGapSeconds: longestAuditGapSeconds } = policy;
    const { extendsLocks: locksExtended } = policy._watch;
    const storeShown = store._expected().keys.length > 0;
    const facts = { longestAuditGapSeconds, locksExtended, storeShown, replicas: store._replicas.length };
    return Object.entries(policyThresholds(facts, declaredAuditAge(policy, choices))) as [AlarmKindName, number][];
  }

  private make(scope: Construct, kind: AlarmKindName, threshold: number, protection?: Protection): void {
    const { policy } = this;
    const alarm = new AlarmOfGauge(scope, `${kind[0].toUpperCase()}${kind.slice(1)}`, {
      kind, threshold, policy, protection, silence: this.made.find((one) => one.kind === 'sentinelSilent')?.alarm,
    });
    this.made.push(alarm);
    if (!protection) this._own.push(alarm.alarm);
    if (ALARM_KINDS[kind].severity === 'page') this.risk.add(alarm.alarm);
  }
}
