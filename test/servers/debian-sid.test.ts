import { archiveIn } from '../../rehearsal/servers/debian-sid';

const HOST = 'http://mirror.example.org';

test.each([
  ['one line a suite', `deb ${HOST}/debian bookworm main\ndeb ${HOST}/debian-security bookworm-security main\n`, `${HOST}/debian`],
  ['options before the address', `deb [arch=amd64 signed-by=/k.gpg] ${HOST}/debian/ trixie main\n`, `${HOST}/debian/`],
  ['paragraphs', `Types: deb\nURIs: ${HOST}/debian-security\nSuites: x\n\nTypes: deb\nURIs: ${HOST}/debian\nSuites: x\n`, `${HOST}/debian`],
  ['a list of mirrors', 'Types: deb\nURIs: mirror+file:/etc/apt/mirrors/debian.list\nSuites: x\n', 'mirror+file:/etc/apt/mirrors/debian.list'],
  ['a comment', `# deb ${HOST}/debian bookworm main\n`, undefined],
  ['another system', 'deb http://archive.example.org/ubuntu noble main\n', undefined],
])('the archive that sources name: %s', (_form, text, archive) => {
  expect(archiveIn(text)).toBe(archive);
});
