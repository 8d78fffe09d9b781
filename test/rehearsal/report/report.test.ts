import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { XMLParser, XMLValidator } from 'fast-xml-parser';
import { ContractError, NewerContractError } from '../../../lib/contract/common';
import { reportHtml } from '../../../rehearsal/report/html';
import { outcomeOf, parseReport, type RehearsalReport } from '../../../rehearsal/report/model';
import { reportText } from '../../../rehearsal/report/text';
import { duration, headline, introduction, memoryOf, percent, size, visible } from '../../../rehearsal/report/words';
import { ReportWriteError, writeReport } from '../../../rehearsal/report/write';
import { sampleReport } from './sample';

const HOSTILE = '"><script>alert(1)</script><img src=x onerror=\'alert(2)\'>&amp;`${7}`\u202egnp.exe\u0000\u001b[31m\n$(rm -rf)';

/** Puts the text in every place of the report that takes one. */
function filledWith(text: string): RehearsalReport {
  const keep = /^(kind|action|outcome|method|severity|startedAt|finishedAt|verifiedAt|recoveryPoint|slot|at|sha256)$/;
  const names = /^(environment|application|protection|engine|id)$/;
  const walk = (value: unknown, key: string): unknown => {
    if (Array.isArray(value)) return value.map((one) => walk(one, key));
    if (value !== null && typeof value === 'object') return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, walk(one, name)]));
    return typeof value === 'string' && !keep.test(key) && !names.test(key) ? text : value;
  };
  return parseReport(walk(sampleReport('mixed'), ''));
}

interface Element {
  readonly name: string;
  readonly attributes: Record<string, string>;
  readonly text: string;
}

/** Every element of the page; fails where the markup is not well-formed. */
function elementsOf(page: string): Element[] {
  expect(XMLValidator.validate(page, { allowBooleanAttributes: true, unpairedTags: ['meta'] })).toBe(true);
  const tree = new XMLParser({
    preserveOrder: true, ignoreAttributes: false, allowBooleanAttributes: true, unpairedTags: ['meta'], stopNodes: ['*.style'], processEntities: false,
    attributeNamePrefix: '',
  }).parse(page) as Record<string, unknown>[];
  const found: Element[] = [];
  const walk = (nodes: Record<string, unknown>[]): void => {
    for (const node of nodes) {
      for (const [name, content] of Object.entries(node)) {
        if (name === ':@' || name === '#text' || !Array.isArray(content)) continue;
        const text = content.map((child: Record<string, unknown>) => String(child['#text'] ?? '')).join('');
        found.push({ name, attributes: (node[':@'] ?? {}) as Record<string, string>, text });
        walk(content as Record<string, unknown>[]);
      }
    }
  };
  walk(tree);
  return found;
}

describe('the page', () => {
  it('is whole and needs nothing from elsewhere', () => {
    for (const kind of ['proven', 'mixed'] as const) {
      const page = reportHtml(sampleReport(kind));
      const elements = elementsOf(page);
      expect(elements.filter(({ name }) => /^(script|link|img|iframe|object|base|form)$/i.test(name))).toEqual([]);
      expect(page).not.toMatch(/https?:|url\(|@import/);
      expect(elements.filter(({ name }) => name === 'article').length).toBe(kind === 'proven' ? 2 : 6);
    }
  });

  it('says what is proven, what it took, what is left out and what was not rehearsed', () => {
    const page = reportHtml(sampleReport('mixed'));
    for (const text of [
      '2 of 4 copies are proven.', '235,529', '9.81 MB', '3.44 s of 4 h', 'longer than the objective', 'public.documents', '18.9 MB', 'declared as schema only',
      'pg_cron', 'the books balance', 'does not hold', '90be11f0aa37', 'RefusedError · PG-PASSWORD', '187 of 1,769 MiB', 'montoit-production-backup',
      's3:AbortMultipartUpload', 'no statement allows it', 'The container image', 'prefers-color-scheme: dark', 'TransientError [S3-503]', '≥ 24018',
    ]) expect(page).toContain(text);
  });

  it('draws each step where it was on the axis', () => {
    const bars = elementsOf(reportHtml(sampleReport())).filter(({ name, attributes }) => name === 'rect' && attributes.height === '10');
    expect(bars).toHaveLength(12);
    const [dump] = bars.map(({ attributes }) => ({ x: parseFloat(attributes.x), width: parseFloat(attributes.width) }));
    expect(dump.x).toBe(0);
    expect(dump.width).toBeCloseTo(4.82 / 12.21 * 100, 1);
    for (const { attributes } of bars) expect(parseFloat(attributes.x) + parseFloat(attributes.width)).toBeLessThanOrEqual(100.3);
  });

  it('lets no name be more than text', () => {
    const report = filledWith(HOSTILE);
    const page = reportHtml(report);
    const elements = elementsOf(page);
    expect(elements.map(({ name }) => name).filter((name) => name === 'script' || name === 'img')).toEqual([]);
    expect(elements.flatMap(({ attributes }) => Object.keys(attributes)).filter((name) => /^on/i.test(name))).toEqual([]);
    expect(page).not.toMatch(/[\u0000\u001b\u202e]/);
    expect(page).toContain('&#60;script&#62;alert(1)');
    expect(page).toContain('&#38;amp;');
    expect(page).toContain('\\u202egnp.exe\\x00\\x1b[31m');
    // As many elements as with harmless names: no name opened or closed one.
    expect(elements.length).toBe(elementsOf(reportHtml(filledWith('harmless'))).length);
  });

  it('is a page also when nothing ran', () => {
    const empty: RehearsalReport = {
      ...sampleReport(), policies: [], outcome: outcomeOf([]), calls: [], messages: [], notRehearsed: [],
      grants: { unused: [], refused: [] },
    };
    expect(empty.outcome).toBe('failed');
    expect(elementsOf(reportHtml(empty)).find(({ name }) => name === 'h1')?.text).toBe('Nothing was rehearsed.');
  });
});

describe('the text', () => {
  it('gives each protection an aligned line and says why one is not proven', () => {
    const lines = reportText(sampleReport('mixed'), { page: 'report/report.html' }).split('\n');
    const proven = lines.find((line) => line.includes('✓ database'));
    const ledger = lines.find((line) => line.includes('✗ ledger'));
    expect(proven).toBe('  ✓ database   proven          235,529 rows  9.81 MB of 38.2 MB  restore 3.44 s of 4 h');
    expect(ledger?.indexOf('235,529')).toBe(proven?.indexOf('235,529'));
    expect(lines).toContain('    RefusedError: [PG-PASSWORD] The server refused the password of user backup. Renew the secret montoit/database and run it again.');
    expect(lines).toContain('    public.payments: 9,411 rows 3f9a01cc24b1 in the source, 9,411 rows 90be11f0aa37 in the copy');
    expect(lines.join('\n')).not.toContain('\u001b');
  });

  it('lets no name move the cursor or open a line', () => {
    const hostile = reportText(filledWith(HOSTILE));
    expect(hostile).not.toMatch(/[\u0000\u001b\u202e]/);
    expect(hostile.split('\n').length).toBe(reportText(filledWith('harmless')).split('\n').length);
    const coloured = reportText(filledWith(HOSTILE), { color: true }).replace(/\u001b\[\d+m/g, '');
    expect(coloured).not.toContain('\u001b');
  });
});

describe('the words', () => {
  it('are right at their borders', () => {
    expect([0, 999, 999.5, 1000, 9_994, 9_995, 99_950, 999_499, 999_500, 31_400_000].map(size))
      .toEqual(['0 B', '999 B', '1.00 kB', '1.00 kB', '9.99 kB', '10.0 kB', '100 kB', '999 kB', '1.00 MB', '31.4 MB']);
    expect([0.4, 9.994, 9.996, 59.94, 59.96, 125, 3600, 14400, 108_000].map(duration))
      .toEqual(['0.40 s', '9.99 s', '10.0 s', '59.9 s', '1 min', '2 min 5 s', '1 h', '4 h', '1 d 6 h']);
    expect([0, 0.0002, 0.05, 0.42, 1.25].map(percent)).toEqual(['0.0 %', 'under 0.1 %', '5.0 %', '42 %', '125 %']);
    expect(memoryOf(187 * 2 ** 20, 1769 * 2 ** 20)).toBe('187 of 1,769 MiB');
    expect(memoryOf(187 * 2 ** 20, 20 * 2 ** 30)).toBe('187 MiB of 20.0 GiB');
  });

  it('name what cannot be seen, and keep what can', () => {
    expect(visible('Réservations 🏠\n\u200b\u0007\ud800')).toBe('Réservations 🏠\\n\\u200b\\x07\\ud800');
    expect(visible('a\tb\nc', true)).toBe('a\tb\nc');
  });

  it('say the worst first', () => {
    expect(headline(sampleReport())).toBe('The copy is proven.');
    expect(headline(sampleReport('mixed'))).toBe('2 of 4 copies are proven.');
    expect(introduction(sampleReport())).toBe(
      '1 protection of 1 application ran through its own state machine in 14.6 s: dumped, stored, restored into a scratch server and compared, 235,529 rows in all.',
    );
    expect(outcomeOf(['proven', 'failed', 'not-proven'])).toBe('failed');
    expect(outcomeOf(['proven', 'proven-except'])).toBe('proven-except');
  });
});

describe('the files', () => {
  let folder = '';
  beforeEach(() => { folder = mkdtempSync(join(tmpdir(), 'report-')); });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  it('are written whole, replace the old ones, and read back', async () => {
    const directory = join(folder, 'a/report');
    await writeReport(sampleReport('mixed'), directory);
    const paths = await writeReport(sampleReport(), directory);
    expect(parseReport(JSON.parse(readFileSync(paths.json, 'utf8')))).toEqual(sampleReport());
    expect(readFileSync(paths.html, 'utf8')).toBe(reportHtml(sampleReport()));
    expect(readdirSync(directory).sort()).toEqual(['report.html', 'report.json']);
  });

  it('are not written for a report of another shape or a newer version', async () => {
    const wrong = { ...sampleReport(), seconds: -1 };
    await expect(writeReport(wrong, join(folder, 'new'))).rejects.toThrow(ContractError);
    expect(() => parseReport({ ...sampleReport(), version: 2 })).toThrow(NewerContractError);
    expect(readdirSync(folder)).toEqual([]);
  });

  it('leave nothing where the folder does not take them', async () => {
    writeFileSync(join(folder, 'file'), '');
    await expect(writeReport(sampleReport(), join(folder, 'file'))).rejects.toThrow(ReportWriteError);
    const taken = join(folder, 'taken');
    await writeReport(sampleReport(), taken);
    rmSync(join(taken, 'report.html'));
    mkdirSync(join(taken, 'report.html/full'), { recursive: true });
    await expect(writeReport(sampleReport('mixed'), taken)).rejects.toThrow('name another folder');
    expect(readdirSync(taken).sort()).toEqual(['report.html', 'report.json']);
  });
});

test('the retire round is shown with each copy\'s reasons, and what it failed by', () => {
  const report = sampleReport();
  const [policy] = report.policies;
  expect(reportText(report)).toContain('✓ retirement: 2 copies held against the rules; 1 copy announced, 0 copies released; the audit found 1 thing');
  expect(reportHtml(report)).toContain('2026-11-12 is beyond the 7 that daily keeps');
  expect(reportHtml(report)).not.toContain('<b>lost</b>');
  const error = { name: 'RefusedError', code: 'STORE_REFUSED', message: '[STORE_REFUSED] The store refused to tag it.' };
  const failed = { ...report, policies: [{ ...policy, retirement: { outcome: 'failed' as const, seconds: 1, marked: false, error } }] };
  expect(reportText(failed)).toContain('✗ retirement: the round failed: [STORE_REFUSED]');
  expect(reportHtml(failed)).toContain('[STORE_REFUSED] The store refused to tag it.');
  expect(parseReport(JSON.parse(JSON.stringify(failed)))).toEqual(failed);
});
