const WIDTH = 820;
const LABEL_WIDTH = 290;
const BAR_HEIGHT = 16;
const BAR_STEP = 22;
const TITLE_HEIGHT = 34;
const GROUP_GAP = 14;
const MARGIN = 16;
/** Room to the right of the longest bar for its figure. */
const FIGURE_WIDTH = 62;

/** The chart brings its ground along: a page may be dark where its reader's system is light. */
const STYLE = `
    .ground { fill: #ffffff; }
    text { font: 13px system-ui, -apple-system, 'Segoe UI', sans-serif; fill: #1f2328; }
    .group { font-weight: 600; }
    .figure { font-size: 12px; fill: #59636e; }
    .bar { fill: #8c959f; }
    .ours { fill: #1a7f5a; }
    @media (prefers-color-scheme: dark) {
      .ground { fill: #0d1117; }
      text { fill: #e6edf3; }
      .figure { fill: #9da7b1; }
      .bar { fill: #6e7781; }
      .ours { fill: #2ea97b; }
    }`;

/** Bars `{ group, name, value }` as an SVG: of each group the greatest value fills the width. */
export function drawChart(bars) {
  const groups = groupBars(bars);
  const parts = [];
  let top = MARGIN;
  for (const [group, members] of groups) {
    parts.push(drawGroup(group, members, top));
    top += TITLE_HEIGHT + members.length * BAR_STEP + GROUP_GAP;
  }
  const title = 'Relative throughput, in each group the fastest is 100 %';
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${top}" width="${WIDTH}" height="${top}" role="img" aria-label="${title}">
  <title>${title}</title>
  <style>${STYLE}
  </style>
  <rect class="ground" width="${WIDTH}" height="${top}" rx="6"/>
${parts.join('\n')}
</svg>
`;
}

function groupBars(bars) {
  const groups = new Map();
  for (const bar of bars) groups.set(bar.group, [...(groups.get(bar.group) ?? []), bar]);
  return groups;
}

function drawGroup(group, members, top) {
  const most = Math.max(...members.map(({ value }) => value));
  const lines = members.map(({ name, value }, at) => drawBar(name, value / most, top + TITLE_HEIGHT + at * BAR_STEP));
  return [`  <text class="group" x="${MARGIN}" y="${top + 18}">${escapeText(group)}</text>`, ...lines].join('\n');
}

function drawBar(name, share, y) {
  const width = Math.max(1, share * (WIDTH - LABEL_WIDTH - FIGURE_WIDTH - MARGIN));
  const kind = /^countersign/i.test(name) ? 'bar ours' : 'bar';
  const baseline = y + BAR_HEIGHT - 4;
  return [
    `  <text x="${LABEL_WIDTH - 10}" y="${baseline}" text-anchor="end">${escapeText(name)}</text>`,
    `  <rect class="${kind}" x="${LABEL_WIDTH}" y="${y}" width="${width.toFixed(1)}" height="${BAR_HEIGHT}" rx="2"/>`,
    `  <text class="figure" x="${(LABEL_WIDTH + width + 6).toFixed(1)}" y="${baseline}">${describeShare(share)}</text>`,
  ].join('\n');
}

const describeShare = (share) => `${(share * 100).toFixed(share < 0.0995 ? 1 : 0)} %`;
const escapeText = (text) => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
