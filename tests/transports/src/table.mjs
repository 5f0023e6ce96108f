const MARKS = { passed: 'ok', failed: 'NO', pending: '?', todo: '?', skipped: '?' };

/** Prints the table transport × story, from the results of a whole run. */
export default class Table {
  onRunComplete(_contexts, { testResults }) {
    const tests = testResults.flatMap((file) => file.testResults).filter(transportOf);
    const told = new Map();
    for (const one of tests) told.set(one.title, [...(told.get(one.title) ?? []), one]);
    const transports = [...new Set(tests.map(transportOf))].sort();
    if (told.size > 0) print([...told], transports);
  }
}

function print(stories, transports) {
  console.log(`\n${stories.length} stories, one column for each transport:\n`);
  for (const [index, transport] of transports.entries()) console.log(`${String(index + 1).padStart(4)} ${transport}`);
  const width = Math.max(...stories.map(([title]) => title.length));
  console.log(`\n${''.padEnd(width)}${transports.map((_, index) => String(index + 1).padStart(4)).join('')}`);
  for (const [title, tellings] of stories) {
    const status = new Map(tellings.map((one) => [transportOf(one), MARKS[one.status]]));
    console.log(`${title.padEnd(width)}${transports.map((one) => (status.get(one) ?? '–').padStart(4)).join('')}`);
  }
  console.log('\nok: told and held · NO: broken · ?: not run here · –: not for this transport\n');
}

function transportOf({ ancestorTitles: [title = ''] }) {
  return /^stories over (.+)$/.exec(title)?.[1];
}
