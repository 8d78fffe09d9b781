import { APPS } from './apps';
import { DANGEROUS } from './actions';
import { type Cell, HARMLESS, isRefusedThere, matrixOf } from './matrix';
import { MEANT } from './meant';
import { World } from './world';

/** @throws Error that names each role that may do what nobody has given a reason for */
export function roleActionsTable(): string {
  const apps = Object.values(APPS).map((synthesize) => {
    const made = synthesize();
    try {
      const world = new World(made.resolver);
      return { world, cells: matrixOf(world) };
    } finally {
      made.remove();
    }
  });
  const cells = apps.flatMap((app) => app.cells);
  const unexplained = unexplainedOf(cells);
  if (unexplained.length > 0) throw new Error(`roles may do what nobody means them to:\n${unexplained.join('\n')}`);
  const columns = apps.flatMap(({ world, cells: ofApp }) => world.actors.map((actor) => ({
    world, actor, cells: ofApp.filter((one) => one.actor === actor),
  })));
  const reasons = [...new Set(cells.flatMap((cell) => reasonOf(cell) ?? []))];
  const letter = (index: number): string => String.fromCharCode(65 + index);
  const legend = columns.map(({ actor }, index) => `| ${letter(index)} | ${actor.title} | \`${actor.role.path}\` | ${actor.takenBy.map((taker) => `\`${taker}\``).join(', ')} |`);
  const rows = Object.entries(DANGEROUS).flatMap(([group, actions]) => [
    `| **${group}** |${' |'.repeat(columns.length)}`,
    ...actions.map((action) => `| ${action.title} | ${columns.map(({ world, cells: own }) => mark(world, own.find((one) => one.action === action), reasons)).join(' | ')} |`),
  ]);
  return [
    '| | role | path | taken by |', '|---|---|---|---|', ...legend, '',
    '`–` nothing grants it; `✕` the policy of the bucket, the key or the role refuses it, even to a role that is granted everything; `·` there is no such thing in that app;',
    'a number: allowed, for the reason below.', '',
    `| | ${columns.map((_, index) => letter(index)).join(' | ')} |`, `|---|${columns.map(() => ':-:').join('|')}|`, ...rows, '',
    ...reasons.map((reason, index) => `${index + 1}. ${reason}`), '',
    'What roles are granted beside that:', '',
    ...Object.entries(HARMLESS).map(([actions, what]) => `- ${what}: ${actions.split(', ').map((action) => `\`${action}\``).join(', ')};`),
    '',
    'and a grant of any other action, or of a pattern such as `s3:*`, fails the tests.',
  ].join('\n');
}

export function unexplainedOf(cells: readonly Cell[]): string[] {
  return cells.filter((cell) => cell.allowed.length > 0 && reasonOf(cell) === undefined)
    .map(({ actor, action, allowed }) => `${actor.role.path}: ${action.id}: ${allowed[0]}`);
}

function reasonOf({ allowed, actor, action }: Cell): string | undefined {
  return allowed.length > 0 ? MEANT[action.id]?.[actor.kind] : undefined;
}

function mark(world: World, cell: Cell | undefined, reasons: readonly string[]): string {
  if (cell === undefined) return '·';
  const reason = reasonOf(cell);
  if (reason !== undefined) return `**${reasons.indexOf(reason) + 1}**`;
  return isRefusedThere(world, cell) ? '✕' : '–';
}
