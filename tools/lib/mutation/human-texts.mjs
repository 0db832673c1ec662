import { declareValuePlugin, PluginKind } from '@stryker-mutator/api/plugin';

/**
 * Leaves out the wording for people: the text of an error and of a log line. A test that repeats such a text is in the
 * way of its improvement and proves nothing. Every other literal is a code, a state or a key, and is mutated.
 * A title of a `ProblemError` is such a key: callers distinguish refusals by it.
 */
const humanTexts = {
  shouldIgnore(path) {
    if (!path.isStringLiteral() && !path.isTemplateLiteral()) return undefined;
    const { parent } = path;
    if (path.parentPath.isNewExpression() && parent.arguments[0] === path.node && /Error$/.test(parent.callee.name)) return 'text of an error';
    if (path.parentPath.isCallExpression() && isLogger(parent.callee)) return 'text of a log line';
    return undefined;
  },
};

/** `this.#logger.warn(...)` and the like. */
function isLogger(callee) {
  const object = callee.type === 'MemberExpression' && callee.object;
  return Boolean(object) && object.type === 'MemberExpression' && /^logger$/.test(object.property.id?.name ?? object.property.name);
}

export const strykerPlugins = [declareValuePlugin(PluginKind.Ignore, 'human-texts', humanTexts)];
