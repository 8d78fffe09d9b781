import { readdirSync, readFileSync } from 'node:fs';
import { join, sep } from 'node:path';
import ts from 'typescript';

const root = join(__dirname, '..');

function names(folder: string): string[] {
  return readdirSync(join(root, folder), { withFileTypes: true })
    .filter((entry) => !entry.name.startsWith('.'))
    .map((entry) => entry.name.replace(/\.(ts|md)$/, ''))
    .sort();
}

const engines = names('lambda/engines');

describe('every engine has all its rooms, and no room is without its engine', () => {
  it.each(['lib/sources', 'lib/contract/engines', 'lambda/images', 'docs/sources', 'test/engines', 'bench/engines'])('%s', (folder) => {
    // Of the tests, only the folders are an engine's own.
    const all = folder === 'test/engines' ? names(folder).filter((name) => !/test$|^suite/.test(name)) : names(folder);
    // A room may have side rooms, named after it.
    const found = all.filter((name) => !engines.some((engine) => name.startsWith(`${engine}-`)));
    expect(found).toEqual(engines);
  });
});

describe('an engine is named in its own rooms only', () => {
  /** Names of the engines, of their servers, and of their tools. */
  const WORDS = new RegExp(`${[...engines, 'mariadb', 'tidb', 'aurora_mysql', 'psql', 'pg_'].join('|')}`, 'i');
  /** Where each engine has its one line. */
  const LISTS = ['lib/index.ts', 'rehearsal/sources/index.ts'];
  /** An application like any other, which declares what it has. */
  const APPLICATIONS = ['bench/policies-app.ts'];

  function sources(folder: string): string[] {
    return readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile() && /\.(ts|mjs)$/.test(entry.name))
      .map((entry) => join(entry.parentPath, entry.name).slice(root.length + 1).split(sep).join('/'));
  }

  /** Names and texts of a file, without its comments. */
  function wordsOf(text: string): string[] {
    const words: string[] = [];
    const look = (node: ts.Node): void => {
      const [name, literal] = [ts.isIdentifier(node), ts.isStringLiteralLike(node) || ts.isRegularExpressionLiteral(node)];
      if (name || literal || ts.isTemplateHead(node) || ts.isTemplateMiddleOrTemplateTail(node)) {
        words.push((node as ts.LiteralLikeNode).text);
      }
      ts.forEachChild(node, look);
    };
    look(ts.createSourceFile('read.ts', text, ts.ScriptTarget.Latest));
    return words;
  }

  test.each(['lib', 'lambda', 'rehearsal', 'bin', 'bench', 'scripts', 'lint'])('%s', (folder) => {
    const files = sources(folder).filter((file) => ![...LISTS, ...APPLICATIONS].includes(file) && !file.split('/').some((part) => WORDS.test(part)));
    expect(files.length).toBeGreaterThan(0);
    const named = files.flatMap((file) => wordsOf(readFileSync(join(root, file), 'utf8'))
      .filter((word) => WORDS.test(word)).map((word) => `${file}: ${word.slice(0, 80)}`));
    expect(named).toEqual([]);
  });

  test('each of those lists has a line for every engine', () => {
    for (const file of LISTS) for (const engine of engines) expect(readFileSync(join(root, file), 'utf8')).toContain(`/${engine}'`);
  });
});
