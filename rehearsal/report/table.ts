import { html, type Html, type HtmlValue } from './markup';

/** How a column is set: figures to the right, names broken anywhere, hashes in a fixed width. */
type ColumnStyle = 'text' | 'name' | 'number' | 'mono' | 'hash' | 'soft';

export interface Column<Row> {
  readonly title: string;
  readonly style: ColumnStyle;
  readonly value: (row: Row, index: number) => HtmlValue;
  /** Another style for this one cell. */
  readonly mark?: (row: Row) => 'mark-good' | 'mark-bad' | undefined;
}

const CLASSES: Readonly<Record<ColumnStyle, string>> = {
  text: '', name: 'name', number: 'number', mono: 'mono name', hash: 'mono soft', soft: 'soft',
};

/**
 * A table that scrolls by itself where the page is narrow, by the keyboard too. The head is left out where no column has a title.
 */
export function table<Row>(columns: readonly Column<Row>[], rows: readonly Row[]): Html {
  const head = html`<thead><tr>${columns.map(headCell)}</tr></thead>`;
  const body = rows.map((row, index) => html`
<tr>${columns.map(({ style, value, mark }) => html`<td class="${[CLASSES[style], mark?.(row)].filter(Boolean).join(' ')}">${value(row, index)}</td>`)}</tr>`);
  return html`<div class="table" tabindex="0" role="group" aria-label="${nameOf(columns)}"><table>${columns.some(({ title }) => title !== '') && head}<tbody>${body}</tbody></table></div>`;
}

function headCell<Row>({ title, style }: Column<Row>): Html {
  return title === '' ? html`<td class="${CLASSES[style]}"></td>` : html`<th scope="col" class="${CLASSES[style]}">${title}</th>`;
}

function nameOf<Row>(columns: readonly Column<Row>[]): string {
  return `Table${columns.map(({ title }) => title).filter((title) => title !== '').map((title, index) => `${index === 0 ? ' of ' : ', '}${title.toLowerCase()}`).join('')}`;
}

/** A part of the page that folds: a title, a soft note beside it, and what it holds. */
export function fold(title: string, note: string, content: Html, open = false): Html {
  return html`<details ${open && html`open`}><summary>${title} <small>${note}</small></summary>${content}</details>`;
}
