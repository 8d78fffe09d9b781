import type { DeclaredFinding } from '../../../lib/contract/declared-finding';
import type { DeclaredPolicy, DeclaredProtection } from '../../../lib/contract/policy-metadata';
import { findingsOf } from '../../../rehearsal/findings';
import { reportHtml } from '../../../rehearsal/report/html';
import { parseReport } from '../../../rehearsal/report/model';
import { reportText } from '../../../rehearsal/report/text';
import { sampleReport } from './sample';

const finding = (given: Partial<DeclaredFinding>): DeclaredFinding => ({
  code: 'SECOND_REGION_MISSING', severity: 'warning', path: 'S/Backup/database', reason: 'every copy lies in 1 region: when it is lost, all are', mend: '`replicaRegions` in the store', ...given,
});
const open = finding({});
const error = finding({ code: 'RPO_UNREACHABLE', severity: 'error', reason: 'runs are 24 h apart; the RPO is 24 h' });
const known = finding({ code: 'RTO_UNREACHABLE', severity: 'error', reason: 'a restore takes 2 h; the RTO is 1 h', acknowledged: 'until the <new> server is there' });
const store = finding({ code: 'COMPLIANCE_LOCK', path: 'S/Store' });

test('the gravest first, acknowledged ones last, and what two policies say of one store once', () => {
  const protection = { findings: [open, known, error] } as unknown as DeclaredProtection;
  const all = [{ findings: [store], protections: [protection] }, { findings: [store], protections: [] }];
  const policies = all as unknown as DeclaredPolicy[];
  expect(findingsOf(policies)).toEqual([error, store, open, known]);
  expect(findingsOf(policies, [])).toEqual([store]);
});

describe('a report with findings', () => {
  const report = parseReport({ ...sampleReport(), findings: [error, open, known] });

  test('says them in the text, an acknowledged one with its reason', () => {
    const text = reportText(report);
    expect(text).toMatch(/error +RPO_UNREACHABLE: runs are 24 h apart; the RPO is 24 h\n/);
    expect(text).toMatch(/warning +SECOND_REGION_MISSING: every copy lies in 1 region/);
    expect(text).toMatch(/known +RTO_UNREACHABLE, acknowledged: until the <new> server is there\n/);
  });

  test('shows them on the page, an acknowledged one apart, with its reason escaped and without its mend', () => {
    const page = reportHtml(report);
    expect(page).toContain('<ul class="notes bad">');
    const [before, apart] = page.split('<h4>Acknowledged</h4>');
    expect(before).toContain('RPO_UNREACHABLE');
    expect(before).not.toContain('RTO_UNREACHABLE');
    expect(apart).toContain('<b>Acknowledged:</b> until the &#60;new&#62; server is there');
    expect(reportHtml({ ...report, findings: [known] })).not.toContain('notes bad');
  });
});
