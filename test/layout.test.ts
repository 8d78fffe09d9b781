import { readdirSync } from 'node:fs';
import { join } from 'node:path';

const root = join(__dirname, '..');

function names(folder: string): string[] {
  return readdirSync(join(root, folder), { withFileTypes: true })
    .filter((entry) => !entry.name.startsWith('.'))
    .map((entry) => entry.name.replace(/\.(ts|md)$/, ''))
    .sort();
}

describe('every engine has all its rooms, and no room is without its engine', () => {
  const engines = names('lambda/engines');

  it.each(['lib/sources', 'lib/contract/engines', 'lambda/images', 'docs/sources', 'test/engines'])('%s', (folder) => {
    // Of the tests, only the folders are an engine's own.
    const all = folder === 'test/engines' ? names(folder).filter((name) => !/test$|^suite$/.test(name)) : names(folder);
    // A room may have side rooms, named after it.
    const found = all.filter((name) => !engines.some((engine) => name.startsWith(`${engine}-`)));
    expect(found).toEqual(engines);
  });
});
