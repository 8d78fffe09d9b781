import { FINDING_CODES, proveProtection } from '../../lib/model/proof';
import { EXAMPLES } from './examples';
import { GOOD } from './facts';

test('nothing can be said against the good declaration', () => {
  expect(proveProtection(GOOD)).toEqual([]);
});

describe.each(FINDING_CODES)('%s', (code) => {
  const { findings, mendedFindings } = EXAMPLES[code];

  test('is found, with a number in its reason and a mend', () => {
    const found = findings().find((finding) => finding.code === code);
    expect(found?.reason).toMatch(/\d/);
    expect(found?.mend.length).toBeGreaterThan(10);
    expect(`${found?.reason} ${found?.mend}`).not.toMatch(/undefined|NaN|Infinity/);
  });

  test('is gone when mended, and nothing that was not there before has come', () => {
    const before = new Set(findings().map((finding) => finding.code));
    const after = mendedFindings().map((finding) => finding.code);
    expect(after).not.toContain(code);
    expect(after.filter((one) => !before.has(one))).toEqual([]);
  });
});
