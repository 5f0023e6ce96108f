/** The result of one examination. */
export interface Report {
  /** Facts by name, such as the version of Node. */
  readonly facts: Readonly<Record<string, string>>;
  /** What the developer should change, each as a sentence with the remedy. */
  readonly problems: readonly string[];
  /** What the developer may have done on purpose. */
  readonly hints?: readonly string[];
}

/** Reports as text: facts in a column, then hints and problems. */
export function reportText(reports: readonly Report[]): string {
  const facts = reports.flatMap((report) => Object.entries(report.facts));
  const width = Math.max(0, ...facts.map(([name]) => name.length));
  const problems = reports.flatMap((report) => report.problems);
  return [
    ...facts.map(([name, value]) => `${name.padEnd(width)}  ${value}`),
    '',
    ...reports.flatMap((report) => report.hints ?? []).map((hint) => `? ${hint}`),
    ...problems.map((problem) => `! ${problem}`),
    problems.length === 0 ? 'No problem was found.' : `${problems.length} to change.`,
  ].join('\n');
}
