import fs from 'node:fs';
import path from 'node:path';
import { ALARM_KIND_NAMES, sectionOf } from '../../lib/contract/alarm-kinds';
import { alarmSection } from '../../lib/contract/runbook';

const root = path.join(__dirname, '../..');
const LANGUAGES = {
  en: ['**Means.**', '**At risk:**', '**Look at**', 'do', '**Recovers**'],
  fr: ['**Signification.**', '**En danger :**', '**À regarder', 'à faire', '**Se rétablit**'],
} as const;

function sectionsOf(language: keyof typeof LANGUAGES): Map<string, string> {
  const page = fs.readFileSync(path.join(root, `docs/runbook/alarms.${language}.md`), 'utf8');
  return new Map(page.split(/^## /m).slice(1).map((text) => [text.split('\n')[0], text.slice(text.indexOf('\n'))]));
}

describe.each(['en', 'fr'] as const)('docs/runbook/alarms.%s.md', (language) => {
  const sections = sectionsOf(language);

  test('has a section for each kind of alarm, in the order of the kinds, and no other', () => {
    expect([...sections.keys()]).toEqual(ALARM_KIND_NAMES.map(sectionOf));
  });

  test.each([...sections])('%s says what it means, what is at risk, what to look at, what to do and when it recovers', (_, text) => {
    for (const part of LANGUAGES[language]) expect(text.toLowerCase()).toContain(part.toLowerCase());
    expect(text.match(/`[^`]+`/g)?.length ?? 0).toBeGreaterThan(0);
    expect(text.length).toBeGreaterThan(250);
  });

  test('is where messages and descriptions lead', () => {
    for (const kind of ALARM_KIND_NAMES) {
      const [file, anchor] = alarmSection(kind, language).split('/docs/')[1].split('#');
      expect(file).toBe(`runbook/alarms.${language}.md`);
      expect(sections.has(anchor)).toBe(true);
    }
  });
});

test('both languages give the same commands', () => {
  const commands = (language: keyof typeof LANGUAGES) => [...sectionsOf(language)].map(([name, text]) => [
    name, [...text.matchAll(/```sh\n([\s\S]*?)```/g)].map(([, block]) => block.replace(/--reason '[^']*'/g, '--reason')),
  ]);
  expect(commands('fr')).toEqual(commands('en'));
});
