// Edits of `.env` (not in git), `.env.example` (in git) and `.gitignore`.

/** Adds missing variables to a file. Existing values and all other lines stay. */
function withVariables(text, variables, comment) {
  let result = text;
  const missing = [];
  for (const [name, value] of Object.entries(variables)) {
    const line = new RegExp(`^([^\\S\\n]*(?:export\\s+)?${name}[^\\S\\n]*=)[^\\S\\n]*$`, 'm');
    if (line.test(result)) result = result.replace(line, (_, start) => start + value);
    else if (!names(result, name)) missing.push(`${name}=${value}`);
  }
  if (missing.length === 0) return result;
  const head = result === '' || result.endsWith('\n') ? result : `${result}\n`;
  const intro = comment ? [`# ${comment}`] : [];
  return `${head}${[...intro, ...missing].join('\n')}\n`;
}

function names(text, name) {
  return new RegExp(`^\\s*(?:export\\s+)?${name}\\s*=`, 'm').test(text);
}

/** Adds lines to `.gitignore`, unless existing lines ignore these files already. */
function withIgnored(text, entries) {
  const missing = entries.filter((entry) => !isIgnored(text, entry));
  if (missing.length === 0) return text;
  const head = text === '' || text.endsWith('\n') ? text : `${text}\n`;
  return `${head}${missing.map(([line]) => line).join('\n')}\n`;
}

/** Whether a line ignores a file, and no later line includes it again. */
function isIgnored(text, [name, ...alike]) {
  const lines = text.split(/\r?\n/).map((line) => line.trim());
  const last = (wanted) => Math.max(...wanted.map((line) => lines.lastIndexOf(line)));
  return last(alike) > last([`!${name}`, `!/${name}`]);
}

module.exports = { withVariables, withIgnored, isIgnored };
