import { declareValuePlugin, PluginKind } from '@stryker-mutator/api/plugin';

/**
 * Leaves out the wording for people: the text of an error, of a log line, and the detail of a refusal. A test that repeats
 * such a text hinders its improvement and proves nothing. Every other literal is a code, a state or a key, and is mutated;
 * the title of a refusal too: callers tell refusals apart by it. The explanations beside the SQLSTATEs are read by people alone.
 */
const humanTexts = {
  shouldIgnore(path) {
    if (!path.isStringLiteral() && !path.isTemplateLiteral()) return undefined;
    const { parent } = path;
    if (path.parentPath.isObjectProperty() && path.parentPath.parentPath.parent.id?.name === 'SQLSTATES') return 'explanation of a code';
    if (path.parentPath.isNewExpression() && parent.arguments[0] === path.node && /Error$/.test(parent.callee.name)) return 'text of an error';
    if (path.parentPath.isCallExpression() && isRefusal(parent.callee) && parent.arguments[2] === path.node) return 'detail of a refusal';
    if (path.parentPath.isCallExpression() && isLogger(parent.callee)) return 'text of a log line';
    return undefined;
  },
};

/** `ProblemError.of(status, title, detail)`. */
const isRefusal = (callee) => callee.type === 'MemberExpression' && callee.object.name === 'ProblemError' && callee.property.name === 'of';

/** `this.#logger.warn(...)` and the like. */
function isLogger(callee) {
  const object = callee.type === 'MemberExpression' && callee.object;
  return Boolean(object) && object.type === 'MemberExpression' && /^logger$/.test(object.property.id?.name ?? object.property.name);
}

export const strykerPlugins = [declareValuePlugin(PluginKind.Ignore, 'human-texts', humanTexts)];
