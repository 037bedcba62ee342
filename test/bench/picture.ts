/** The ratios as a picture (SVG 1.1): one bar for each, to the right of the line where `bis` is the better one. */
import { type Quantity, quantities } from './quantity.ts';
import type { Ratio } from './report.ts';

/** In user units, about pixels. */
const LEFT = 250;
const WIDTH = 560;
const BAR = 9;
const ROW = 30;
const TOP = 84;

/** The axis goes from one 32nd to 32 times as good. */
const EXTENT = Math.log2(32);
const ticks = [1 / 32, 1 / 16, 1 / 8, 1 / 4, 1 / 2, 1, 2, 4, 8, 16, 32];

const colours = { tayga: '#1f6feb', native: '#8b949e', bis: '#000000' } as const;

/** How many times as good: above 1 is better, whatever the quantity. */
function goodness({ quantity }: Pick<Ratio, 'quantity'>, ratio: number): number {
  return quantities[quantity].isMoreBetter ? ratio : 1 / ratio;
}

function x(times: number): number {
  const share = Math.max(-EXTENT, Math.min(EXTENT, Math.log2(times))) / EXTENT;
  return LEFT + (WIDTH / 2) * (1 + share);
}

const round = (value: number): string => value.toFixed(1);
const text = (atX: number, atY: number, words: string, more = ''): string =>
  `<text x="${round(atX)}" y="${round(atY)}"${more}>${words.replaceAll('&', '&amp;').replaceAll('<', '&lt;')}</text>`;

/** A bar from 1 to the median, a line over the range of the rounds, and the median in words. */
function bar(ratio: Ratio, y: number): string[] {
  const [from, to] = [x(1), x(goodness(ratio, ratio.median))];
  const [least, most] = [x(goodness(ratio, ratio.least)), x(goodness(ratio, ratio.most))];
  const [left, right] = [Math.min(from, to), Math.max(from, to)];
  const words = goodness(ratio, ratio.median).toFixed(2);
  const middle = y + BAR / 2;
  const fill = ` fill="${colours[ratio.to]}"`;
  return [
    `<rect x="${round(left)}" y="${y}" width="${round(right - left)}" height="${BAR}"${fill}/>`,
    `<line x1="${round(least)}" y1="${middle}" x2="${round(most)}" y2="${middle}" stroke="#000" stroke-width="1"/>`,
    text(LEFT + WIDTH + 8, y + BAR - 1, words, fill),
  ];
}

/** One picture of all ratios; `caption` says when and where they were measured. */
export function picture(ratios: readonly Ratio[], caption: string): string {
  const rows = Object.keys(quantities).filter((quantity) => ratios.some((ratio) => ratio.quantity === quantity));
  const bottom = TOP + rows.length * ROW;
  const lines = rows.flatMap((quantity, row) => {
    const y = TOP + row * ROW;
    const { title } = quantities[quantity as Quantity];
    const those = ratios.filter((ratio) => ratio.quantity === quantity);
    const bars = those.flatMap((ratio, index) => bar(ratio, y + 3 + index * (BAR + 2)));
    return [text(LEFT - 10, y + 17, title, ' text-anchor="end"'), ...bars];
  });
  const axis = ticks.flatMap((tick) => [
    `<line x1="${round(x(tick))}" y1="${TOP}" x2="${round(x(tick))}" y2="${bottom}" stroke="${tick === 1 ? '#000' : '#ddd'}"/>`,
    text(x(tick), TOP - 6, tick < 1 ? `1/${1 / tick}` : String(tick), ' text-anchor="middle" fill="#666"'),
  ]);
  const legend = [
    text(10, 42, 'bis as many times as good as tayga', ` fill="${colours.tayga}"`),
    text(280, 42, 'bis as many times as good as native IPv6', ` fill="${colours.native}"`),
    text(560, 42, 'right of 1 is better; line: all rounds', ' fill="#666"'),
  ];
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${LEFT + WIDTH + 60}" height="${bottom + 16}" font-family="sans-serif" font-size="12">`,
    '<rect width="100%" height="100%" fill="#fff"/>',
    text(10, 22, caption, ' font-weight="bold"'),
    ...legend,
    ...axis,
    ...lines,
    '</svg>',
    '',
  ].join('\n');
}
