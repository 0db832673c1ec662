import { declareValuePlugin, PluginKind } from '@stryker-mutator/api/plugin';

/**
 * Leaves out the wording for people: the text of an error, of a log line, the detail of a refusal, and the explanations
 * beside the SQLSTATEs. A test that repeats such a text hinders its improvement and proves nothing. Every other literal is
 * a code, a state or a key, and is mutated; the title of a refusal too: callers distinguish refusals by it.
 */
const humanTexts = {
  shouldIgnore(path) {
    if (!path.isStringLiteral() && !path.isTemplateLiteral()) return undefined;
    const { parent, parentPath, node } = path;
    if (parentPath.isNewExpression() && parent.arguments[0] === node && /Error$/.test(parent.callee.name))
      return 'text of an error';
    if (parentPath.isCallExpression() && isRefusal(parent.callee) && parent.arguments[2] === node)
      return 'detail of a refusal';
    if (parentPath.isCallExpression() && isLogger(parent.callee)) return 'text of a log line';
    if (parentPath.isObjectProperty() && parentPath.parentPath.parent.id?.name === 'SQLSTATES')
      return 'explanation of a code';
    return undefined;
  },
};

/** `ProblemError.of(status, title, detail)`. */
const isRefusal = ({ type, object, property }) =>
  type === 'MemberExpression' && object.name === 'ProblemError' && property.name === 'of';

/** `this.#logger.warn(...)` and the like. */
function isLogger(callee) {
  const object = callee.type === 'MemberExpression' && callee.object;
  return (
    Boolean(object) &&
    object.type === 'MemberExpression' &&
    /^logger$/.test(object.property.id?.name ?? object.property.name)
  );
}

export const strykerPlugins = [declareValuePlugin(PluginKind.Ignore, 'human-texts', humanTexts)];
