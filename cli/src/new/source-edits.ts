import { Failure } from '@sluice/stack/failure';
import ts from 'typescript';

/** Changes of a source file's text. Places are found in the syntax tree; Prettier formats the result. */

const parse = (text: string): ts.SourceFile => ts.createSourceFile('file.ts', text, ts.ScriptTarget.Latest, true);

const insert = (text: string, position: number, addition: string): string =>
  text.slice(0, position) + addition + text.slice(position);

/**
 * Adds an import, in the order of the names.
 * @param name as it is written: `OrderPlaced` or `type Message`
 */
export function addImport(text: string, name: string, from: string): string {
  const file = parse(text);
  const imports = file.statements.filter(ts.isImportDeclaration);
  const elements = imports.filter((one) => moduleOf(one) === from).flatMap(namedImports);
  if (elements.some((element) => bareName(element.getText()) === bareName(name))) return text;
  const next = elements.find((element) => bareName(element.getText()) > bareName(name));
  if (next) return insert(text, next.getStart(), `${name}, `);
  const last = elements.at(-1);
  if (last) return insert(text, last.end, `, ${name}`);
  return addImportLine(text, `import { ${name} } from '${from}';`);
}

/** Adds an import as a line of its own, before the first one whose module comes later in the alphabet. */
export function addImportLine(text: string, line: string): string {
  const imports = parse(text).statements.filter(ts.isImportDeclaration);
  const from = parse(line).statements.filter(ts.isImportDeclaration).map(moduleOf)[0] ?? '';
  const next = imports.find((one) => rank(moduleOf(one)) > rank(from));
  if (next) return insert(text, next.getStart(), `${line}\n`);
  const last = imports.at(-1);
  return last ? insert(text, last.end, `\n${line}`) : `${line}\n\n${text}`;
}

/** Packages come before files. */
const rank = (module: string): string => (module.startsWith('.') ? `1${module}` : `0${module}`);

const moduleOf = ({ moduleSpecifier }: ts.ImportDeclaration): string =>
  ts.isStringLiteral(moduleSpecifier) ? moduleSpecifier.text : '';

function namedImports({ importClause }: ts.ImportDeclaration): ts.ImportSpecifier[] {
  const bindings = importClause?.namedBindings;
  return bindings && ts.isNamedImports(bindings) && !importClause.isTypeOnly ? [...bindings.elements] : [];
}

const bareName = (name: string): string => name.replace(/^type /, '').toLowerCase();

/** Adds `export * from '<from>'`, in the order of the modules. */
export function addReexport(text: string, from: string): string {
  const reexports = parse(text).statements.filter(ts.isExportDeclaration);
  const next = reexports.find(({ moduleSpecifier }) => moduleSpecifier!.getText() > `'${from}'`);
  const line = `export * from '${from}';\n`;
  return next ? insert(text, next.getStart(), line) : text + line;
}

/**
 * Adds a property to an object literal.
 * @param path the constant and the properties that lead to the object: `['SERVICES', 'orders']`
 * @throws {Failure} when there is no such object
 */
export const addProperty = (text: string, path: readonly string[], property: string): string =>
  addItem(text, path, property, (node) => (ts.isObjectLiteralExpression(node) ? node.properties : undefined));

/**
 * Adds an element to an array literal, and the array itself when its object has none of that name.
 * @throws {Failure} when there is no such array, and no object for it
 */
export function addElement(text: string, path: readonly string[], element: string): string {
  const parent = path.slice(0, -1);
  if (!valueAt(text, path) && parent.length > 0) return addProperty(text, parent, `${path.at(-1)}: [${element}]`);
  return addItem(text, path, element, (node) => (ts.isArrayLiteralExpression(node) ? node.elements : undefined));
}

/** Whether a constant, or a property of its object literal, exists. */
export const has = (text: string, path: readonly string[]): boolean => valueAt(text, path) !== undefined;

/** The source text of an array's elements; none where there is no array. */
export function itemsAt(text: string, path: readonly string[]): string[] {
  const node = valueAt(text, path);
  return node && ts.isArrayLiteralExpression(node) ? node.elements.map((element) => element.getText()) : [];
}

/** The properties of an object literal with a value each. */
export function propertiesAt(text: string, path: readonly string[]): { name: string; text: string }[] {
  const node = valueAt(text, path);
  return node && ts.isObjectLiteralExpression(node)
    ? node.properties
        .filter(ts.isPropertyAssignment)
        .map((property) => ({ name: keyOf(property), text: property.initializer.getText() }))
    : [];
}

/** The module that a name is imported from. */
export const importedFrom = (text: string, name: string): string | undefined =>
  parse(text)
    .statements.filter(ts.isImportDeclaration)
    .filter((one) => namedImports(one).some((element) => bareName(element.getText()) === bareName(name)))
    .map(moduleOf)[0];

function addItem(
  text: string,
  path: readonly string[],
  item: string,
  itemsOf: (node: ts.Expression) => ts.NodeArray<ts.Node> | undefined,
): string {
  const node = valueAt(text, path);
  const items = node && itemsOf(node);
  if (!items) throw new Failure(`${path.join('.')} was not found`, 'It was renamed or moved: adapt cli/src/new/.');
  const comma = items.length > 0 && !items.hasTrailingComma ? ',' : '';
  return insert(text, items.end, `${comma}\n${item},`);
}

function valueAt(text: string, [constant, ...properties]: readonly string[]): ts.Expression | undefined {
  const declared = parse(text)
    .statements.filter(ts.isVariableStatement)
    .flatMap(({ declarationList }) => [...declarationList.declarations])
    .find(({ name }) => name.getText() === constant);
  return properties.reduce<ts.Expression | undefined>(
    propertyOf,
    declared?.initializer && literal(declared.initializer),
  );
}

/** Without `as const` and `satisfies` behind it, and without a call of one argument around it. */
function literal(node: ts.Expression): ts.Expression {
  if (ts.isAsExpression(node) || ts.isSatisfiesExpression(node)) return literal(node.expression);
  const [argument, ...others] = ts.isCallExpression(node) ? node.arguments : [];
  return argument && others.length === 0 ? literal(argument) : node;
}

function propertyOf(node: ts.Expression | undefined, name: string): ts.Expression | undefined {
  if (!node || !ts.isObjectLiteralExpression(node)) return undefined;
  const property = node.properties.filter(ts.isPropertyAssignment).find((one) => keyOf(one) === name);
  return property && literal(property.initializer);
}

const keyOf = ({ name }: ts.PropertyAssignment): string =>
  ts.isStringLiteral(name) || ts.isIdentifier(name) ? name.text : name.getText();

/**
 * Adds a method behind the others of a class.
 * @throws {Failure} when there is no such class
 */
export function addMethod(text: string, className: string, method: string): string {
  const found = classIn(text, className);
  return insert(text, found.end - 1, `\n${method}\n`);
}

/** The parameters of a class's constructor, as they are written. */
export function constructorParameters(text: string, className: string): { name: string; type: string }[] {
  const constructor = classIn(text, className).members.find(ts.isConstructorDeclaration);
  return (constructor?.parameters ?? []).map(({ name, type }) => ({
    name: name.getText(),
    type: type?.getText() ?? '',
  }));
}

/** The names of a class's methods. */
export const methodsOf = (text: string, className: string): string[] =>
  methodNodes(text, className).map(({ name }) => name.getText());

/** The names of a method's parameters; none where there is no such method. */
export const parametersOf = (text: string, className: string, method: string): string[] =>
  methodNodes(text, className)
    .filter(({ name }) => name.getText() === method)
    .flatMap(({ parameters }) => parameters.map(({ name }) => name.getText()));

const methodNodes = (text: string, className: string): ts.MethodDeclaration[] =>
  classIn(text, className).members.filter(ts.isMethodDeclaration);

function classIn(text: string, className: string): ts.ClassDeclaration {
  const found = parse(text)
    .statements.filter(ts.isClassDeclaration)
    .find(({ name }) => name?.text === className);
  if (!found) throw new Failure(`class ${className} was not found`, 'It was renamed or moved: adapt cli/src/new/.');
  return found;
}
