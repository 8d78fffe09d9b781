import type { Browser } from 'puppeteer-core';
import { reportHtml } from '../../../rehearsal/report/html';
import { statusHtml } from '../../../rehearsal/status/html';
import { statusText } from '../../../rehearsal/status/text';
import { sampleReport } from '../report/sample';
import { chromium, keyboard, open, overflow, VIEWS, violations } from './browser';
import { damaged, instant, mixed, policy, state, status } from './fixture';

const HOSTILE = '<img src=x onerror=alert(1)> "\'`&';

const PAGES = {
  'status, all well': () => statusHtml(status()),
  'status, one of each': () => statusHtml(status([mixed(), damaged(), policy({ gauges: { lockDrift: 1 } })], [{ application: 'forum', environment: 'staging', error: 'Denied.', replicas: [] }])),
  'rehearsal report': () => reportHtml(sampleReport()),
} as const;

test('the page needs nothing else, and no name in it is markup', () => {
  const page = statusHtml(status([policy({
    notes: [{ metric: 'auditAge', text: HOSTILE }], protections: [state({ paused: { until: instant(-1), reason: HOSTILE }, notes: [{ metric: 'unreadable', text: HOSTILE }] })],
  })], [{ application: HOSTILE, environment: HOSTILE, error: HOSTILE, replicas: [] }]));
  expect(page).not.toContain('<img');
  expect(page.match(/<script|<link|@import|url\(|<[^>]* src=/g) ?? []).toEqual([]);
  expect(page).toContain('default-src &#39;none&#39;'.replaceAll('&#39;', '\''));
  expect(page.match(/https?:\/\/[^"\s)]+/g)?.every((address) => address.includes('/docs/runbook/')) ?? true).toBe(true);
});

test('every breach leads to its section, and every day has its words', () => {
  const page = statusHtml(status([mixed()]));
  for (const { section } of mixed().protections[1].breaches) expect(page).toContain(`#${section}">Runbook<span class="hidden"> for ${section}</span></a>`);
  expect(page).toContain('<span class="hidden">21 Nov: no proven copy (0 of 1)</span>');
  expect(page.match(/<td class="[^"]*" title=/g)).toHaveLength(90);
});

test('the page says when every stored copy was read, and how many are damaged, as the text does; nothing where nobody reads them', () => {
  const fact = (page: string): string | undefined => /Every stored copy read<\/dt><dd>(.*?)<\/dd>/.exec(page)?.[1];
  const read = (gauges: Record<string, number>, damagedCopies?: number) =>
    status([policy({ protections: [state({ gauges, damagedCopies })] })]);
  expect(fact(statusHtml(read({ lastReadAge: 18 * 86_400 })))).toBe('within 18 d');
  expect(fact(statusHtml(status([damaged()])))).toBe('within 18 d<small>1 copy is damaged</small>');
  expect(fact(statusHtml(read({}, 3)))).toBe('not any more<small>3 copies are damaged</small>');
  expect(fact(statusHtml(status()))).toBeUndefined();
  expect(statusText(status([damaged()]))).toMatch(/last read +every stored copy within the last 18 d; 1 copy is damaged\n/);
  expect(statusText(status())).not.toContain('last read');
});

/** What lies in a fold cannot be reached until it is opened. */
function unfolded(page: string): string {
  return page.replace(/<details +(?!open)/g, '<details open ');
}

const browserPath = chromium();
const described = browserPath === undefined ? describe.skip : describe;

described(`in a browser${browserPath === undefined ? ' (skipped: no Chromium on PATH)' : ''}`, () => {
  let browser: Browser;

  beforeAll(async () => {
    const { launch } = await import('puppeteer-core');
    browser = await launch({ executablePath: browserPath, args: ['--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage'] });
  });

  afterAll(async () => {
    await browser?.close();
  });

  const cases = Object.entries(PAGES).flatMap(([name, page]) => VIEWS.map((view) => ({ name, page, view, ...view })));

  test.each(cases)('$name: axe-core finds nothing, nothing is wider than the window ($scheme, $width px)', async ({ page: text, view }) => {
    const page = await open(browser, text(), view);
    expect(await violations(page)).toEqual([]);
    expect(await overflow(page)).toBe(0);
    await page.close();
  });

  test.each(Object.entries(PAGES))('%s: the keyboard reaches everything that can be used, and the focus is seen', async (_name, text) => {
    const page = await open(browser, unfolded(text()), VIEWS[0]);
    const { usable, reached, unseen } = await keyboard(page);
    expect(unseen).toEqual([]);
    expect(reached).toBe(usable);
    expect(usable).toBeGreaterThan(0);
    await page.close();
  });

  test('all that is folded passes too when it is open', async () => {
    for (const view of VIEWS) {
      const page = await open(browser, unfolded(PAGES['status, one of each']()), view);
      expect(await violations(page)).toEqual([]);
      expect(await overflow(page)).toBe(0);
      await page.close();
    }
  });
});
