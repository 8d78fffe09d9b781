import fs from 'node:fs';
import path from 'node:path';

const root = path.join(__dirname, '../..');
const read = (name: string): string => fs.readFileSync(path.join(root, name), 'utf8');

function filesBelow(folder: string, extension: string): string[] {
  return fs.readdirSync(path.join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith(extension))
    .map((name) => path.join(folder, name));
}

/** As GitHub makes them of headings. */
function anchorsOf(text: string): string[] {
  return [...text.matchAll(/^#+ (.+)$/gm)].map(([, heading]) => heading.toLowerCase().replace(/[^\p{L}\p{N}\s_-]/gu, '').trim().replace(/\s/g, '-'));
}

const PAGES = ['README.md', 'CONTRIBUTING.md', 'CHANGELOG.md', ...filesBelow('docs', '.md')];

describe('the runbook', () => {
  const sources = filesBelow('lambda', '.ts').map(read).join('\n');
  // A typed error is made by its class, by a function named for it, or as the exception of a verdict.
  const errors = [...sources.matchAll(/(?:new (?:Transient|Refused|Integrity|NotProven|OutOfTime)Error|\b(?:refused|transient|integrity))\(\s*'([A-Z][A-Z0-9_]+)'/g)];
  const exceptions = [...sources.matchAll(/\bcode: '([A-Z][A-Z0-9_]+)'/g)];
  const findings = [...filesBelow('lib/model', '.ts').map(read).join('\n').matchAll(/\bcode: '([A-Z][A-Z0-9_]+)'/g)];
  const warnings = [...filesBelow('lib', '.ts').map(read).join('\n').matchAll(/addWarningV2\(\s*'cdk-backup-policy:([\w-]+)'/g)];
  const codes = [...new Set([...errors, ...exceptions, ...findings, ...warnings].map((match) => match[1]))].sort();
  const sections = [...read('docs/runbook.md').matchAll(/^### ([A-Z][A-Z0-9_]+|[a-z]+(?:-[a-z]+)+)$/gm)].map((match) => match[1]);

  test('sees the codes of errors, exceptions and findings', () => {
    expect(codes).toEqual(expect.arrayContaining(['WRONG_PASSWORD', 'OUT_OF_TIME', 'STORE_REFUSED', 'NOT_PROVEN', 'SERVER_VERSION', 'RPO_UNREACHABLE']));
  });

  test('has a section for each code, and none for a code that is gone', () => {
    expect([...sections].sort()).toEqual(codes);
  });

  test('says something in each section', () => {
    const bodies = read('docs/runbook.md').split(/^### /m).slice(1).map((section) => section.split('\n').slice(1).join(' ').trim());
    for (const body of bodies) expect(body.length).toBeGreaterThan(40);
  });
});

describe.each(PAGES)('%s', (page) => {
  const text = read(page);

  test('its links lead somewhere', () => {
    const prose = text.replace(/```[\s\S]*?```/g, '');
    for (const [, target] of prose.matchAll(/\]\(([^)\s]+)\)/g)) {
      if (/^(https?|mailto):/.test(target)) continue;
      const [file, anchor] = target.split('#');
      const found = file === '' ? page : path.join(path.dirname(page), file);
      expect({ target, exists: fs.existsSync(path.join(root, found)) }).toEqual({ target, exists: true });
      if (anchor) expect(anchorsOf(read(found))).toContain(anchor);
    }
  });

  test('the npm scripts it names are there', () => {
    const scripts = Object.keys((JSON.parse(read('package.json')) as { scripts: Record<string, string> }).scripts);
    for (const [, name] of text.matchAll(/npm run ([a-z:]+)/g)) expect(scripts).toContain(name);
  });

  test('the files of ours that it names are there', () => {
    for (const [, name] of text.matchAll(/`((?:lib|lambda|rehearsal|scripts|examples|test|docs|lint|\.ci)\/[\w./-]+)`/g)) {
      expect({ name, exists: fs.existsSync(path.join(root, name)) }).toEqual({ name, exists: true });
    }
  });

  test('speaks the project\'s words', () => {
    expect(text.match(/\bTODO\b|\bFIXME\b/g)).toBeNull();
  });
});
