import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import ts from 'typescript';

export function parse(file) {
  return ts.createSourceFile(file, readFileSync(file, 'utf8'), ts.ScriptTarget.Latest, true);
}

/** All nodes below a node for which `is` holds. */
export function nodesBelow(node, is) {
  const found = [];
  const visit = (one) => {
    if (is(one)) found.push(one);
    ts.forEachChild(one, visit);
  };
  visit(node);
  return found;
}

/** Resolves an expression: the value of a constant of one of the sources, without `as const` and `satisfies`. */
export function constantOf(expression, sources) {
  if (ts.isAsExpression(expression) || ts.isSatisfiesExpression(expression))
    return constantOf(expression.expression, sources);
  if (!ts.isIdentifier(expression)) return expression;
  const isDeclared = (node) => ts.isVariableDeclaration(node) && node.name.getText() === expression.text;
  const [declaration] = sources.flatMap((source) => nodesBelow(source, isDeclared));
  if (!declaration?.initializer) fail(expression, `${expression.text} is not a constant of this folder`);
  return constantOf(declaration.initializer, sources);
}

/** The members of an object literal: name, value, and the node with its comment. */
export function membersOf(literal, sources) {
  if (!ts.isObjectLiteralExpression(literal)) fail(literal, 'write an object literal');
  return literal.properties.map((node) => {
    if (ts.isShorthandPropertyAssignment(node))
      return { name: node.name.text, value: constantOf(node.name, sources), node };
    if (!node.name || !ts.isPropertyAssignment(node)) return { name: '', value: node, node };
    return { name: node.name.text, value: node.initializer, node };
  });
}

/** The codes of a table: each with its status, meaning and what a client should do. */
export function codesOf(table, sources) {
  return membersOf(table, sources).map(({ name, value, node }) => {
    const fields = membersOf(constantOf(value, sources), sources);
    const status = textOf(fields, 'status', sources) ?? fail(node, `${name} has no status`);
    const [meaning, client = ''] = docOf(node, name).split(' @client ');
    return { code: name, status, meaning, client };
  });
}

/** The text of a member that is a number or a string. */
export function textOf(members, name, sources) {
  const found = members.find((member) => member.name === name);
  if (!found) return undefined;
  const value = constantOf(found.value, sources);
  return ts.isNumericLiteral(value) || ts.isStringLiteral(value) ? value.text : fail(value, `${name} is not a literal`);
}

/** The events that a source declares: each with its fields, and with its meaning. */
export function eventsOf(source) {
  const isOfEvents = (node) => ts.isInterfaceDeclaration(node) && node.name.text === 'AuthEventFields';
  return nodesBelow(source, isOfEvents).flatMap(({ members }) =>
    members.map((member) => {
      const event = member.name.getText();
      if (!ts.isTypeLiteralNode(member.type)) fail(member, `write the fields of ${event} here`);
      const fields = member.type.members.map(({ name }) => name.getText());
      return { event, fields, when: docOf(member, event) };
    }),
  );
}

/** The doc comment of a node, as one line. */
export function docOf(node, name) {
  const text = node.getSourceFile().text;
  const comments = (ts.getLeadingCommentRanges(text, node.pos) ?? []).map(({ pos, end }) => text.slice(pos, end));
  const doc = comments.findLast((comment) => comment.startsWith('/**'));
  if (!doc) fail(node, `${name} needs a comment; docs/reference is made from it`);
  return doc
    .slice(3, -2)
    .replace(/\s*\n\s*\* ?/g, ' ')
    .trim();
}

export function fail(node, problem) {
  const source = node.getSourceFile();
  const { line } = source.getLineAndCharacterOfPosition(node.getStart());
  throw new Error(`${basename(source.fileName)}:${line + 1}: ${problem}.`);
}
