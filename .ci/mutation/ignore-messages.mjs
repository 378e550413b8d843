// Tells Stryker to leave alone what is for people: the messages of errors and warnings, and the examples in them. Tests look
// at the reason codes, and at the options that are named.

/** Which argument of an error's constructor is its message. */
const MESSAGE_ARGUMENTS = { AccessDenied: 1, ConfigurationError: 1, UnusableKey: 0, Error: 0, TypeError: 0 };

/** Which argument of a reader is for its message: the example of an option, or what a part of a token is called. */
const WORDING_ARGUMENTS = {
  parseJsonObject: 1,
  readNameClaim: 2,
  readText: 2,
  readTexts: 2,
  readList: 2,
  readEach: 2,
  readTable: 2,
  readOptions: 3,
  readOneOf: 3,
  demand: 1,
  refuseForNow: 0,
};

function shouldIgnore({ node, parent, listKey, key }) {
  const isText = node.type === 'StringLiteral' || node.type === 'TemplateLiteral';
  const isArgument = parent?.type === 'NewExpression' && listKey === 'arguments';
  if (isText && isArgument && MESSAGE_ARGUMENTS[parent.callee.name] === key) return 'the message of an error';
  const isCall = parent?.type === 'CallExpression' && listKey === 'arguments';
  if (isText && isCall && WORDING_ARGUMENTS[parent.callee.name] === key) return 'the wording of a message';
  if (isText && isCall && parent.callee.property?.name === 'emitWarning' && key === 0) return 'a warning';
}

export const strykerPlugins = [{ kind: 'Ignore', name: 'messages', value: { shouldIgnore } }];
