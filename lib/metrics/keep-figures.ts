import type { Naming } from './registry-metric.js';

/** Figures by the values of their labels. */
export interface Figures<Figure> {
  /** The figure under these values, which stand in the order of the labels' names. */
  at(values: readonly string[]): Figure;
  readonly entries: () => readonly (readonly [Readonly<Record<string, string>>, Figure])[];
  reset(): void;
}

/** Keeps a figure for each set of values. One without labels is there from the start. */
export function keepFigures<Figure>(
  { labelNames }: Naming,
  { open, clear }: { readonly open: () => Figure; clear(figure: Figure): void },
): Figures<Figure> {
  const figures = new Map<string, { readonly labels: Readonly<Record<string, string>>; readonly figure: Figure }>();

  function at(values: readonly string[]): Figure {
    const name = values.join('\0');
    const known = figures.get(name);
    if (known) return known.figure;
    const labels = Object.fromEntries(labelNames.map((label, index) => [label, values[index] ?? '']));
    const figure = open();
    figures.set(name, { labels, figure });
    return figure;
  }

  /** Whoever counts holds the figures: they are cleared, not forgotten. */
  function reset(): void {
    for (const { figure } of figures.values()) clear(figure);
  }

  if (labelNames.length === 0) at([]);
  return { at, reset, entries: () => Array.from(figures.values(), ({ labels, figure }) => [labels, figure] as const) };
}
