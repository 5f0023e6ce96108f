import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';
import { codesOf, constantOf, docOf, eventsOf, fail, membersOf, nodesBelow, parse, textOf } from './declarations.mjs';

const FOLDER = 'packages/nest-auth/src/features';

/** What each folder of features adds to the reference: its error codes, its events and its limits, with their comments. */
export function readFeatures(root) {
  return readdirSync(join(root, FOLDER), { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => ({ ...featureIn(join(root, FOLDER, name)), guide: guideOf(root, name) }))
    .sort((one, other) => one.name.localeCompare(other.name));
}

function featureIn(folder) {
  const sources = readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts') && !file.endsWith('.spec.ts'))
    .sort()
    .map((file) => parse(join(folder, file)));
  const calls = sources.flatMap((source) => nodesBelow(source, isDefinition));
  if (calls.length !== 1) throw new Error(`${folder} calls defineFeature ${calls.length} times; call it once.`);
  const members = membersOf(constantOf(calls[0].arguments[0], sources), sources);
  const table = (name) => {
    const member = members.find((one) => one.name === name);
    return member && constantOf(member.value, sources);
  };
  const [codes, limits] = [table('codes'), table('limits')];
  return {
    name: textOf(members, 'name', sources) ?? fail(calls[0], 'the feature has no name'),
    codes: codes ? codesOf(codes, sources) : [],
    limits: limits ? limitsOf(limits, sources) : [],
    events: sources.flatMap(eventsOf),
  };
}

function isDefinition(node) {
  return ts.isCallExpression(node) && node.expression.getText() === 'defineFeature';
}

function limitsOf(table, sources) {
  return membersOf(table, sources).map(({ name, value, node }) => {
    const fields = membersOf(constantOf(value, sources), sources);
    const [points, duration] = ['points', 'duration'].map((field) => textOf(fields, field, sources));
    return { limit: name, points, duration, counts: docOf(node, name) };
  });
}

function guideOf(root, name) {
  const guide = `guides/${name}.md`;
  return existsSync(join(root, 'docs', guide)) ? `../${guide}` : undefined;
}
