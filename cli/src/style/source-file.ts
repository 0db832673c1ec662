import ts from 'typescript';

export interface Comment {
  text: string;
  /** Offset of the first character in the file. */
  start: number;
}

export interface Identifier {
  name: string;
  start: number;
}

export interface Import {
  /** As it is written: `./order.js`. */
  specifier: string;
  start: number;
}

/** The comments, names, imports and test cases of one source file, as the TypeScript parser finds them. */
export interface ParsedFile {
  comments: Comment[];
  identifiers: Identifier[];
  /** Declarations of imports and of exports from another file, of values and of types. */
  imports: Import[];
  /** Offsets of the calls of `it` and `test`; `it.each(...)(...)` is one call. */
  testCases: number[];
}

export function parseSource(path: string, text: string): ParsedFile {
  const source = ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true);
  const found: ParsedFile = { comments: [], identifiers: [], imports: [], testCases: [] };
  const visit = (node: ts.Node): void => {
    if (ts.isIdentifier(node) || ts.isPrivateIdentifier(node))
      found.identifiers.push({ name: node.text.replace(/^#/, ''), start: node.getStart(source) });
    if ((ts.isImportDeclaration(node) || ts.isExportDeclaration(node)) && node.moduleSpecifier)
      found.imports.push({ specifier: specifierOf(node.moduleSpecifier), start: node.getStart(source) });
    if (ts.isCallExpression(node) && isTestCase(node)) found.testCases.push(node.getStart(source));
    const children = node.getChildren(source).filter((child) => !ts.isJSDoc(child));
    if (children.length === 0) found.comments.push(...commentsBefore(node, text));
    children.forEach(visit);
  };
  visit(source);
  return found;
}

const specifierOf = (node: ts.Expression): string => (ts.isStringLiteral(node) ? node.text : '');

/** Comments belong to the token that follows them. */
function commentsBefore(token: ts.Node, text: string): Comment[] {
  const ranges = [
    ...(ts.getTrailingCommentRanges(text, token.pos) ?? []),
    ...(ts.getLeadingCommentRanges(text, token.pos) ?? []),
  ];
  const starts = new Set<number>();
  return ranges
    .filter(({ pos, end }) => end <= token.end && !starts.has(pos) && starts.add(pos))
    .map(({ pos, end }) => ({ text: text.slice(pos, end), start: pos }));
}

/** The outermost call of `it(...)`, `it.skip(...)`, `it.each(...)(...)`; `expression.test(...)` has another root. */
function isTestCase(call: ts.CallExpression): boolean {
  const isPartOfLongerChain =
    (ts.isCallExpression(call.parent) || ts.isPropertyAccessExpression(call.parent)) && call.parent.expression === call;
  return !isPartOfLongerChain && call.arguments.length > 1 && ['it', 'test'].includes(rootOf(call));
}

function rootOf(node: ts.Expression): string {
  if (ts.isCallExpression(node) || ts.isPropertyAccessExpression(node)) return rootOf(node.expression);
  if (ts.isTaggedTemplateExpression(node)) return rootOf(node.tag);
  return ts.isIdentifier(node) ? node.text : '';
}
