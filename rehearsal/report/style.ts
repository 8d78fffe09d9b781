/** The page's whole style: no script, no font and no picture from elsewhere. Colours are the reader's light or dark; print is light. */
export const STYLE = `
:root {
  color-scheme: light dark;
  --paper: #faf9f6; --card: #ffffff; --ink: #1c1e22; --soft: #5d626b; --line: #e3e1da; --wash: #f3f1ec;
  --good: #1c7a4a; --good-wash: #e6f3ec; --fair: #8a5a00; --fair-wash: #fbf1dc; --bad: #b3261e; --bad-wash: #fbe9e7;
  --bar: #3f6189; --bar-soft: #8ca6c4; --grid: #ebe9e3;
  --sans: system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", sans-serif;
  --serif: "Iowan Old Style", Charter, "Bitstream Charter", "Source Serif 4", Cambria, Georgia, serif;
  --mono: ui-monospace, "SF Mono", "Cascadia Mono", Menlo, Consolas, "DejaVu Sans Mono", monospace;
}
@media (prefers-color-scheme: dark) {
  :root {
    --paper: #14161a; --card: #1b1e23; --ink: #e7e6e2; --soft: #9a9fa8; --line: #2d3138; --wash: #22262c;
    --good: #6cc797; --good-wash: #16301f; --fair: #e0ad4e; --fair-wash: #33270f; --bad: #f08a80; --bad-wash: #3a1a17;
    --bar: #7ea3cf; --bar-soft: #47607e; --grid: #292d34;
  }
}
* { box-sizing: border-box; }
html { -webkit-text-size-adjust: 100%; }
body { margin: 0; background: var(--paper); color: var(--ink); font: 16px/1.5 var(--sans); overflow-wrap: break-word; }
main, header, footer { max-width: 60rem; margin: 0 auto; padding: 0 1.25rem; }
h1, h2, h3, h4, p, ul, ol, dl, dd, figure { margin: 0; padding: 0; }
ul, ol { list-style: none; }
a:focus-visible, summary:focus-visible, [tabindex]:focus-visible { outline: 3px solid var(--bar); outline-offset: 3px; border-radius: 4px; }
code, .mono { font-family: var(--mono); font-size: .86em; }
small, .soft { color: var(--soft); }
small { font-size: .84rem; }

header { padding-top: 3rem; padding-bottom: 1.75rem; }
header .over { color: var(--soft); font-size: .875rem; display: flex; flex-wrap: wrap; gap: .2rem 1rem; justify-content: space-between; }
h1 { font: 600 clamp(2rem, 6vw, 3.1rem)/1.12 var(--serif); letter-spacing: -.015em; margin: 1.1rem 0 .7rem; text-wrap: balance; }
h1::before {
  content: ""; display: block; width: 3.25rem; height: 4px; border-radius: 2px; background: currentColor;
  margin-bottom: 1.1rem;
}
.lead { font-size: 1.08rem; max-width: 44rem; color: var(--soft); text-wrap: pretty; }
.is-proven { color: var(--good); } .is-proven-except, .is-checksums-only { color: var(--fair); } .is-not-proven, .is-failed { color: var(--bad); }

.overview { border-top: 1px solid var(--line); margin-top: .25rem; }
.overview a {
  display: grid; grid-template-columns: 9rem minmax(0, 1fr); gap: .1rem 1rem; padding: .6rem 0;
  border-bottom: 1px solid var(--line); align-items: baseline; color: inherit; text-decoration: none;
}
.overview b, .overview small { display: block; } .overview small { font-size: .92rem; }
.overview a:hover b, .overview a:focus-visible b { text-decoration: underline; }

h2 { font: 600 1.45rem/1.25 var(--serif); margin: 2.75rem 0 .35rem; }
h2 + p { color: var(--soft); margin-bottom: .9rem; max-width: 44rem; }
h2 .where { font: 400 .9rem var(--sans); color: var(--soft); margin-left: .5rem; white-space: nowrap; }
h4 { font-size: .95rem; font-weight: 650; margin: 1.75rem 0 .5rem; }
h4 + p { margin: -.35rem 0 .5rem; color: var(--soft); font-size: .9rem; }

.card { background: var(--card); border: 1px solid var(--line); border-radius: 10px; padding: 1.4rem 1.5rem 1.5rem; margin: 1rem 0; }
.card > .head { display: flex; flex-wrap: wrap; align-items: baseline; justify-content: space-between; gap: .35rem 1rem; }
.table + h3, p + h3 { margin-top: 1.6rem; }
.card h3 { font-size: 1.2rem; font-weight: 650; line-height: 1.3; }
.card h3 small { font-weight: 400; margin-left: .35rem; }
.badge { display: inline-flex; align-items: center; gap: .45em; font-size: .875rem; font-weight: 600; white-space: nowrap; }
.badge svg { width: 1.15em; height: 1.15em; flex: none; fill: none; stroke: currentColor; stroke-width: 1.5; stroke-linecap: round; }
.summary { margin-top: .3rem; max-width: 46rem; }

.facts {
  display: grid; grid-template-columns: repeat(auto-fit, minmax(8.5rem, 1fr)); gap: 1.1rem 1.25rem; margin-top: 1.3rem;
  padding-top: 1.2rem; border-top: 1px solid var(--line);
}
.facts dt { color: var(--soft); font-size: .82rem; }
.facts dd { font-size: 1.12rem; font-weight: 550; line-height: 1.35; font-variant-numeric: tabular-nums; }
.facts dd small { display: block; font-weight: 400; }

.gauges { display: grid; grid-template-columns: repeat(auto-fit, minmax(15rem, 1fr)); gap: 1.1rem 1.75rem; margin-top: 1.4rem; }
.gauge .label { display: flex; justify-content: space-between; gap: .75rem; font-size: .875rem; font-variant-numeric: tabular-nums; }
.gauge svg { display: block; width: 100%; margin: .35rem 0 .25rem; }
.gauge .track { fill: var(--wash); } .gauge .fill { fill: var(--bar); } .gauge .over { fill: var(--bad); }

.timeline { margin-top: 1.75rem; }
.timeline figcaption { font-size: .95rem; font-weight: 650; margin-bottom: .45rem; }
.timeline li, .timeline .axis {
  display: grid; grid-template-columns: minmax(0, 13rem) minmax(0, 1fr) 4.75rem; column-gap: .9rem; align-items: center;
  font-size: .875rem; padding: .14rem 0;
}
.timeline .name { overflow-wrap: anywhere; line-height: 1.3; }
.timeline .state .name { font-weight: 600; }
.timeline .attempt .name { padding-left: .9rem; }
.timeline .phase .name { padding-left: 1.8rem; color: var(--soft); }
.timeline svg { width: 100%; display: block; overflow: visible; }
.timeline .grid { stroke: var(--grid); }
.timeline rect { fill: var(--bar); }
.timeline .state rect { fill: var(--ink); }
.timeline .phase rect { fill: var(--bar-soft); }
.timeline .failed rect { fill: var(--bad); }
.timeline .took { text-align: right; font-variant-numeric: tabular-nums; color: var(--soft); white-space: nowrap; }
.timeline .note { grid-column: 2 / -1; line-height: 1.35; } .timeline .failed .note { color: var(--bad); }
.timeline .axis svg { grid-column: 2; } .timeline text { fill: var(--soft); font-size: .75rem; }

.calendar { margin-top: 1.3rem; }
.calendar table { table-layout: fixed; } .calendar th { text-align: left; font-size: .82rem; }
.calendar td { border: 1px solid var(--grid); height: 2.9rem; vertical-align: top; padding: .2rem .35rem; }
.calendar tr:last-child td { border-bottom: 1px solid var(--grid); }
.calendar td > small { display: block; line-height: 1.3; } .calendar td span { display: flex; flex-wrap: wrap; gap: 3px; align-items: center; }
.calendar figcaption { display: flex; flex-wrap: wrap; gap: .2rem 1.1rem; margin-top: .55rem; font-size: .84rem; color: var(--soft); }
.fate { flex: none; fill: currentColor; stroke: none; vertical-align: -1px; } .fate .hollow { fill: none; stroke: currentColor; stroke-width: 1.2; }
.fate.kept { color: var(--good); } .fate.announced { color: var(--fair); } .fate.released { color: var(--fair); } .fate.deleted { color: var(--soft); }
.fate.missing { color: var(--bad); }
.growth { margin-top: 1.3rem; } .growth figcaption { font-size: .95rem; font-weight: 650; margin-bottom: .45rem; }
.growth figcaption small { font-weight: 400; margin-left: .25rem; }
.growth .own { fill: var(--bar); } .growth .other { fill: var(--bar-soft); }

.table { overflow-x: auto; margin: 0 -.25rem; }
table { border-collapse: collapse; width: 100%; font-size: .875rem; font-variant-numeric: tabular-nums; }
th { text-align: left; font-weight: 500; color: var(--soft); border-bottom: 1px solid var(--line); white-space: nowrap; }
th.mono { font-family: inherit; font-size: inherit; }
th, td { padding: .36rem .6rem .36rem .25rem; vertical-align: baseline; }
td { border-bottom: 1px solid var(--grid); } tr:last-child td { border-bottom: 0; }
thead tr:last-child td { border-bottom: 1px solid var(--line); }
th.number, td.number { text-align: right; white-space: nowrap; }
.number + :not(.number) { padding-left: 1.1rem; }
td.name { overflow-wrap: anywhere; min-width: 9rem; }
td.mono.name { min-width: 3.5rem; }
details { margin-top: 1rem; }
summary { cursor: pointer; font-size: .95rem; font-weight: 650; padding: .2rem 0; }
summary small { font-weight: 400; margin-left: .25rem; }
details > .table, details > ul, details > .plain { margin-top: .4rem; }

.notes li { border-left: 3px solid var(--line); padding: .1rem 0 .1rem .8rem; margin: .6rem 0; }
.notes li small { display: block; }
.notes.fair li { border-color: var(--fair); } .notes.bad li { border-color: var(--bad); }
.error { background: var(--bad-wash); border-radius: 8px; padding: .9rem 1.05rem; margin-top: 1.1rem; }
.error b { color: var(--bad); } .error p { overflow-wrap: anywhere; white-space: pre-line; }
.mark-good { color: var(--good); } .mark-bad { color: var(--bad); font-weight: 600; }

.message { border: 1px solid var(--line); border-radius: 10px; background: var(--card); margin: .8rem 0; overflow: hidden; }
.message .top { padding: .7rem 1.1rem; border-bottom: 1px solid var(--line); background: var(--wash); }
.message .top b { display: block; overflow-wrap: anywhere; }
.message pre { margin: 0; padding: .9rem 1.1rem; font: .84rem/1.55 var(--mono); white-space: pre-wrap; overflow-wrap: anywhere; }
.plain { background: var(--card); border: 1px solid var(--line); border-radius: 10px; padding: .5rem 1.1rem; }
.open { list-style: none; display: grid; grid-template-columns: repeat(auto-fit, minmax(17rem, 1fr)); gap: .9rem; }
.open li { border: 1px dashed var(--line); border-radius: 10px; padding: .95rem 1.1rem; }
.open b { display: block; }
.open p { font-size: .9rem; color: var(--soft); margin-top: .25rem; }
.open .how { color: var(--ink); margin-top: .5rem; }

footer { color: var(--soft); font-size: .84rem; margin-top: 3.25rem; padding-top: 1.2rem; padding-bottom: 3rem; }
footer p { border-top: 1px solid var(--line); padding-top: 1.2rem; max-width: none; }

@media (max-width: 34rem) {
  header { padding-top: 1.75rem; }
  .card { padding: 1.1rem 1rem 1.15rem; margin-left: -.4rem; margin-right: -.4rem; }
  .overview a { grid-template-columns: 1fr; }
  .facts { grid-template-columns: 1fr 1fr; gap: .9rem 1rem; }
  .timeline li { grid-template-columns: minmax(0, 1fr) auto; row-gap: .1rem; padding: .3rem 0; }
  .timeline li svg { grid-row: 2; grid-column: 1 / -1; } .timeline .note { grid-column: 1 / -1; }
  .timeline .axis { display: block; }
  h2 .where { display: block; margin-left: 0; white-space: normal; }
}
@media print {
  :root {
    --paper: #fff; --card: #fff; --ink: #111; --soft: #555; --line: #ccc; --wash: #f2f2f2; --grid: #e6e6e6; --good: #14663c; --good-wash: #fff;
    --fair: #7a4f00; --fair-wash: #fff; --bad: #9c1f18; --bad-wash: #fff; --bar: #3f6189; --bar-soft: #8ca6c4; color-scheme: light;
  }
  body { font-size: 11pt; } header { padding-top: 0; }
  svg { print-color-adjust: exact; -webkit-print-color-adjust: exact; }
  .gauges, .facts, .timeline li, .message, .open li, tr, .error { break-inside: avoid; }
  h2, h3, h4, summary, .head { break-after: avoid; }
  details::details-content { content-visibility: visible; block-size: auto; }
}
`;
