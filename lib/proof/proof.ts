import { Annotations, Validations } from 'aws-cdk-lib';
import type { Construct, IConstruct } from 'constructs';
import type { DeclaredFinding } from '../contract/declared-finding';
import { PLUGIN_NAME, reportFindings } from './findings-plugin';
import { type Acknowledgement, type Finding, FINDING_CODES, type FindingCode, isGrave, judge } from '../model/proof';
import { PropRefused } from '../refusal';

const proofs = new WeakMap<IConstruct, Proof>();

/** What was found at a construct; nothing where nothing is looked for. */
export function findingsAt(construct: IConstruct): DeclaredFinding[] {
  return proofs.get(construct)?.findings() ?? [];
}

/** What the proof finds at one construct and what is acknowledged there: annotations, validation report and metadata say the same. */
export class Proof {
  private readonly acknowledgements: Acknowledgement[] = [];
  private said = false;

  /** @param find called once the app is whole */
  constructor(private readonly scope: Construct, private readonly find: () => readonly Finding[]) {
    proofs.set(scope, this);
    scope.node.addValidation({ validate: () => this.annotate() });
    reportFindings(scope, () => this.findings());
  }

  /** @throws PropRefused for a code that is none, a code twice, or no reason */
  public acknowledge(code: string, reason: string): void {
    const known = FINDING_CODES.find((one): one is Exclude<FindingCode, 'ACKNOWLEDGED_IN_VAIN'> => one === code && one !== 'ACKNOWLEDGED_IN_VAIN');
    if (!known) {
      const allowed = FINDING_CODES.filter((one) => one !== 'ACKNOWLEDGED_IN_VAIN').join(', ');
      throw new PropRefused(this.scope, 'acknowledge', JSON.stringify(code), `the code of a finding: ${allowed}`);
    }
    if (reason.trim() === '') throw new PropRefused(this.scope, `acknowledge ${code}`, 'without a reason', 'a reason that whoever reads the report understands');
    if (this.acknowledgements.some((one) => one.code === known)) throw new PropRefused(this.scope, 'acknowledge', `${code} twice`, 'each code once');
    this.acknowledgements.push({ code: known, reason: reason.trim() });
    Validations.of(this.scope).acknowledge({ id: `${PLUGIN_NAME}::${known}`, reason: reason.trim() });
  }

  public findings(): DeclaredFinding[] {
    return judge(this.find(), this.acknowledgements).map((finding) => ({ ...finding, path: this.scope.node.path }));
  }

  private annotate(): string[] {
    if (this.said) return [];
    this.said = true;
    const annotations = Annotations.of(this.scope);
    for (const finding of this.findings()) {
      const text = `[${finding.code}] ${finding.reason}; ${finding.mend}`;
      if (finding.acknowledged !== undefined || finding.severity === 'info') annotations.addInfo(finding.acknowledged === undefined ? text : `${text}. Acknowledged: ${finding.acknowledged}`);
      else if (isGrave(finding)) annotations.addError(text);
      else annotations.addWarningV2(`cdk-backup-policy:${finding.code}`, text);
    }
    return [];
  }
}
