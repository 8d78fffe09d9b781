import { accessSync, constants, readFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import type { Page, Browser } from 'puppeteer-core';

const NAMES = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'];
const APPLICATIONS = ['/Applications/Google Chrome.app/Contents/MacOS/Google Chrome', '/Applications/Chromium.app/Contents/MacOS/Chromium'];

/** A Chromium of this machine; undefined where there is none. */
export function chromium(): string | undefined {
  const folders = (process.env.PATH ?? '').split(delimiter).filter(Boolean);
  return [...folders.flatMap((folder) => NAMES.map((name) => join(folder, name))), ...APPLICATIONS].find((path) => {
    try {
      accessSync(path, constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

export interface View { readonly scheme: 'light' | 'dark'; readonly width: number }

/** How people look at a page: at a desk, at night, on a phone. */
export const VIEWS: readonly View[] = [
  { scheme: 'light', width: 1200 }, { scheme: 'dark', width: 1200 }, { scheme: 'light', width: 390 }, { scheme: 'dark', width: 390 },
];

/** What the page has of its own, as far as it is asked here. */
interface PageScope {
  readonly document: {
    readonly documentElement: { readonly scrollWidth: number; readonly clientWidth: number };
    readonly activeElement: { readonly tagName: string; readonly textContent: string } | null;
    querySelectorAll(selector: string): { readonly length: number };
  };
  getComputedStyle(element: unknown): { readonly outlineStyle: string; readonly outlineWidth: string };
}

interface Axe {
  run(): Promise<{ violations: { id: string; nodes: { target: string[]; failureSummary?: string }[] }[] }>;
}

const AXE = readFileSync(require.resolve('axe-core/axe.min.js'), 'utf8');

/** Opens a page's text, as it would be opened from the disk. */
export async function open(browser: Browser, html: string, { scheme, width }: View): Promise<Page> {
  const page = await browser.newPage();
  // The page's own policy allows no script; the checker is one.
  await page.setBypassCSP(true);
  await page.setViewport({ width, height: 900 });
  await page.emulateMediaFeatures([{ name: 'prefers-color-scheme', value: scheme }]);
  await page.setContent(html);
  return page;
}

/** What axe-core finds wrong, each with the element. */
export async function violations(page: Page): Promise<string[]> {
  await page.evaluate(AXE);
  return await page.evaluate(async () => {
    const { axe } = globalThis as unknown as { axe: Axe };
    const { violations: found } = await axe.run();
    return found.flatMap(({ id, nodes }) => nodes.map(({ target, failureSummary }) => `${id} at ${target.join(' ')}: ${failureSummary}`));
  });
}

/** How far the content is wider than the window, in pixels. */
export async function overflow(page: Page): Promise<number> {
  return await page.evaluate(() => {
    const { documentElement: root } = (globalThis as unknown as PageScope).document;
    return root.scrollWidth - root.clientWidth;
  });
}

/** What can be used, and what the Tab key reaches of it with a focus that is seen. */
export async function keyboard(page: Page): Promise<{ usable: number; reached: number; unseen: string[] }> {
  const usable = await page.evaluate(() => (globalThis as unknown as PageScope).document.querySelectorAll('a[href], summary, button, input, [tabindex="0"]').length);
  const unseen: string[] = [];
  let reached = 0;
  for (; reached <= usable; reached++) {
    await page.keyboard.press('Tab');
    const focus = await page.evaluate(() => {
      const scope = globalThis as unknown as PageScope;
      const { activeElement } = scope.document;
      if (!activeElement || activeElement.tagName === 'BODY') return undefined;
      const { outlineStyle, outlineWidth } = scope.getComputedStyle(activeElement);
      return { name: `${activeElement.tagName} ${activeElement.textContent.trim().slice(0, 40)}`, seen: outlineStyle !== 'none' && outlineWidth !== '0px' };
    });
    if (!focus) break;
    if (!focus.seen) unseen.push(focus.name);
  }
  return { usable, reached, unseen };
}
