import type { Ignorer } from '@stryker-mutator/api/ignore';
import { declareValuePlugin, PluginKind } from '@stryker-mutator/api/plugin';

/** The part that is used of Babel's syntax tree, which Stryker mutates. */
interface Node {
  type: string;
  name?: string;
  id?: Node | null;
  object?: Node;
  property?: Node;
  callee?: Node;
  arguments?: Node[];
}

interface NodePath {
  node: Node;
  parent: Node;
  parentPath: NodePath;
  isStringLiteral(): boolean;
  isTemplateLiteral(): boolean;
  isNewExpression(): boolean;
  isCallExpression(): boolean;
  isObjectProperty(): boolean;
}

/**
 * Leaves out the wording for people: the text of an error, of a log line, the detail of a refusal, and the explanations
 * beside the SQLSTATEs. A test that repeats such a text hinders its improvement and proves nothing. Every other literal is
 * a code, a state or a key, and is mutated; the title of a refusal too: callers distinguish refusals by it.
 */
const humanTexts: Ignorer = {
  shouldIgnore(path: NodePath): string | undefined {
    if (!path.isStringLiteral() && !path.isTemplateLiteral()) return undefined;
    const { parent, parentPath, node } = path;
    const position = parent.arguments?.indexOf(node);
    if (parentPath.isNewExpression() && position === 0 && parent.callee?.name?.endsWith('Error'))
      return 'text of an error';
    if (parentPath.isCallExpression() && isRefusal(parent.callee) && position === 2) return 'detail of a refusal';
    if (parentPath.isCallExpression() && isLogger(parent.callee)) return 'text of a log line';
    if (parentPath.isObjectProperty() && parentPath.parentPath.parent.id?.name === 'SQLSTATES')
      return 'explanation of a code';
    return undefined;
  },
};

/** `ProblemError.of(status, title, detail)`. */
const isRefusal = (callee?: Node): boolean =>
  callee?.type === 'MemberExpression' && callee.object?.name === 'ProblemError' && callee.property?.name === 'of';

/** `this.#logger.warn(...)` and the like. */
function isLogger(callee?: Node): boolean {
  const object = callee?.type === 'MemberExpression' ? callee.object : undefined;
  if (object?.type !== 'MemberExpression') return false;
  return (object.property?.id?.name ?? object.property?.name) === 'logger';
}

export const strykerPlugins = [declareValuePlugin(PluginKind.Ignore, 'human-texts', humanTexts)];
