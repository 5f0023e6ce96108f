import { median, quantile } from './statistics.js';

export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  return [line(head), `|${head.map((_, i) => (i === 0 ? '---|' : '---:|')).join('')}`, ...rows.map(line)].join('\n');
}

/** A number with about three significant digits, and with separators for thousands. */
export function figure(value: number): string {
  if (!Number.isFinite(value)) return '–';
  const digits = Math.abs(value) >= 100 ? 0 : Math.abs(value) >= 10 ? 1 : 2;
  return value.toLocaleString('en-US', { minimumFractionDigits: digits, maximumFractionDigits: digits });
}

/** The median and, in brackets, the middle half of the samples. */
export function spread(samples: readonly number[]): string {
  return `${figure(median(samples))} (${figure(quantile(samples, 0.25))}–${figure(quantile(samples, 0.75))})`;
}
