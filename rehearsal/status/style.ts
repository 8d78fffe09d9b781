/** What the status page has beside the report's style. */
export const STATUS_STYLE = `
.is-well { color: var(--good); } .is-waiting { color: var(--bar); } .is-paused { color: var(--fair); } .is-trouble, .is-unknown { color: var(--bad); }
h1.is-waiting { color: var(--ink); }
a { color: inherit; text-underline-offset: .18em; }
.skip { position: absolute; left: -100vw; background: var(--card); padding: .5rem .9rem; border-radius: 6px; }
.skip:focus { left: 1rem; top: 1rem; z-index: 1; }
.hidden { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }

.overview a { grid-template-columns: 8rem minmax(0, 1fr) auto; }
.overview .age { font-variant-numeric: tabular-nums; color: var(--soft); white-space: nowrap; }

.breaches { margin-top: 1.1rem; display: grid; gap: .7rem; }
.breach { background: var(--bad-wash); border-radius: 8px; padding: .8rem 1.05rem; }
.breach.notify { background: var(--fair-wash); }
.breach p { max-width: 46rem; overflow-wrap: anywhere; } .notes li { overflow-wrap: anywhere; }
.breach .head { display: flex; flex-wrap: wrap; gap: .1rem .8rem; align-items: baseline; justify-content: space-between; margin-bottom: .15rem; font-size: .84rem; }
.breach .severity { font-weight: 650; color: var(--bad); } .breach.notify .severity { color: var(--fair); }
.breach .section { color: var(--ink); }
.breach .because { font-size: .92rem; margin-top: .2rem; padding-left: .9rem; border-left: 2px solid currentColor; }

.two { display: grid; grid-template-columns: minmax(0, 1fr) 19.5rem; gap: 1.5rem 2.5rem; margin-top: 1.4rem; padding-top: 1.3rem; border-top: 1px solid var(--line); }
.two .facts { margin: 1.4rem 0 0; padding: 0; border: 0; grid-template-columns: repeat(auto-fit, minmax(9.5rem, 1fr)); }
.two .gauges { margin-top: 1.3rem; grid-template-columns: repeat(auto-fit, minmax(13rem, 1fr)); }
.hero b { font-size: 1.9rem; font-weight: 600; line-height: 1.15; letter-spacing: -.01em; font-variant-numeric: tabular-nums; display: block; }
.hero span { color: var(--soft); font-size: .92rem; }
.hero.late b { color: var(--bad); }
.bar { display: block; width: 100%; margin: .4rem 0 .25rem; }
.bar .track { fill: var(--wash); } .bar .fill { fill: var(--bar); } .bar .over { fill: var(--bad); }

.days { margin: 0; }
.days figcaption { font-size: .875rem; display: flex; justify-content: space-between; gap: .75rem; margin-bottom: .5rem; }
.days figcaption b { font-weight: 650; }
.days table { table-layout: fixed; font-size: .75rem; border-spacing: 3px; border-collapse: separate; margin: 0 -3px; width: calc(100% + 6px); }
.days th { text-align: center; border: 0; padding: 0 0 .1rem; font-size: .75rem; }
.days td { border: 0; padding: .22rem 0 .26rem; text-align: center; border-radius: 5px; background: var(--wash); color: var(--soft); line-height: 1.2; }
.days td.out { background: none; }
.days td svg { display: block; margin: .1rem auto 0; }
.days td.proven { background: var(--good-wash); color: var(--good); }
.days td.partly { background: var(--fair-wash); color: var(--fair); }
.days td.unproven, .days td.missing { background: var(--bad-wash); color: var(--bad); }
.days .fate { color: inherit; }
.days .legend { display: flex; flex-wrap: wrap; gap: .15rem .9rem; margin-top: .5rem; font-size: .78rem; color: var(--soft); }
.days .legend .proven .fate { color: var(--good); } .days .legend .partly .fate { color: var(--fair); }
.days .legend .unproven .fate, .days .legend .missing .fate { color: var(--bad); }
.days .legend span { display: inline-flex; align-items: center; gap: .35em; }

@media (max-width: 46rem) { .two { grid-template-columns: minmax(0, 1fr); } .days { max-width: 26rem; } }
@media (max-width: 34rem) {
  .two .facts { grid-template-columns: 1fr 1fr; }
  .overview a { grid-template-columns: minmax(0, 1fr) auto; } .overview a > span:nth-child(2) { grid-row: 2; grid-column: 1 / -1; }
}
@media (prefers-contrast: more) { :root { --soft: var(--ink); --line: currentColor; } }
@media print { .skip { display: none; } .breach, .days, .two { break-inside: avoid; } }
`;
