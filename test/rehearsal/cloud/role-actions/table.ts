import { APPS } from './apps';
import { DANGEROUS } from './actions';
import { type Cell, HARMLESS, isRefusedThere, matrixOf } from './matrix';
import { MEANT } from './meant';
import { type Actor, World } from './world';

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
  const reasons = [...new Set(cells.flatMap((cell) => reasonOf(cell) ?? []))];
  const columns = alikeOf(apps.flatMap(({ world, cells: ofApp }) => world.actors.map((actor): Column => {
    const own = ofApp.filter((one) => one.actor === actor);
    const marks = ACTIONS.map((action) => mark(world, own.find((one) => one.action === action), reasons));
    return { actors: [actor], marks };
  })));
  const letter = (index: number): string => `${index < 26 ? '' : 'A'}${String.fromCharCode(65 + index % 26)}`;
  const legend = columns.map(({ actors }, index) => {
    const [{ kind, guest, takenBy }] = actors;
    const paths = actors.map(({ role }) => `\`${role.path}\``).join(', ');
    return `| ${letter(index)} | ${kind}${guest ? ', as a guest in another account\'s store' : ''} | ${paths} | ${takenBy.map((taker) => `\`${taker}\``).join(', ')} |`;
  });
  const rows = Object.entries(DANGEROUS).flatMap(([group, actions]) => [
    `| **${group}** |${' |'.repeat(columns.length)}`,
    ...actions.map((action) => `| ${action.title} | ${columns.map(({ marks }) => marks[ACTIONS.indexOf(action)]).join(' | ')} |`),
  ]);
  return [
    '| | role | path | taken by |', '|---|---|---|---|', ...legend, '',
    '`–` nothing grants it; `✕` the policy of the bucket, the key or the role refuses it, even to a role that is granted everything; `·` there is no such thing in those apps;',
    'a number: allowed, for the reason below.', '',
    `| | ${columns.map((_, index) => letter(index)).join(' | ')} |`, `|---|${columns.map(() => ':-:').join('|')}|`, ...rows, '',
    ...reasons.map((reason, index) => `${index + 1}. ${reason}`), '',
    'What roles are granted beside that:', '',
    ...Object.entries(HARMLESS).map(([actions, what]) => `- ${what}: ${actions.split(', ').map((action) => `\`${action}\``).join(', ')};`),
    '',
    'and a grant of any other action, or of a pattern such as `s3:*`, fails the tests.',
  ].join('\n');
}

const ACTIONS = Object.values(DANGEROUS).flat();

/** From the word that holds least: there is no such thing in that app, nothing grants it, it is refused besides. */
const WORDS = ['·', '–', '✕'];
const [NOTHING_THERE, NOT_GRANTED, REFUSED] = WORDS;

/** What holds of both; undefined where one may what the other may not. */
function ofBoth(one: string, other: string): string | undefined {
  if (one === other) return one;
  const both = [one, other];
  if (both.includes(NOTHING_THERE)) return both.find((word) => word !== NOTHING_THERE);
  if (!both.every((word) => WORDS.includes(word))) return undefined;
  return both.includes(NOT_GRANTED) ? NOT_GRANTED : REFUSED;
}

interface Column {
  readonly actors: readonly Actor[];
  readonly marks: readonly string[];
}

/** Roles of one kind that may do the same are one column, whatever apps they are of. */
function alikeOf(columns: readonly Column[]): Column[] {
  const alike: Column[] = [];
  for (const column of columns) {
    const index = alike.findIndex((one) => headOf(one) === headOf(column)
      && one.marks.every((sign, row) => ofBoth(sign, column.marks[row]) !== undefined));
    if (index < 0) alike.push(column);
    else {
      const { actors, marks } = alike[index];
      alike[index] = { actors: [...actors, ...column.actors], marks: marks.map((sign, row) => ofBoth(sign, column.marks[row])!) };
    }
  }
  return alike;
}

function headOf({ actors: [{ kind, guest, takenBy }] }: Column): string {
  return JSON.stringify([kind, guest, takenBy]);
}

export function unexplainedOf(cells: readonly Cell[]): string[] {
  return cells.filter((cell) => cell.allowed.length > 0 && reasonOf(cell) === undefined)
    .map(({ actor, action, allowed }) => `${actor.role.path}: ${action.id}: ${allowed[0]}`);
}

function reasonOf({ allowed, actor, action }: Cell): string | undefined {
  return allowed.length > 0 ? MEANT[action.id]?.[actor.kind] : undefined;
}

function mark(world: World, cell: Cell | undefined, reasons: readonly string[]): string {
  if (cell === undefined) return NOTHING_THERE;
  const reason = reasonOf(cell);
  if (reason !== undefined) return `**${reasons.indexOf(reason) + 1}**`;
  return isRefusedThere(world, cell) ? REFUSED : NOT_GRANTED;
}
