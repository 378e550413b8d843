// Tells Stryker to leave the messages of errors alone: they are for people, and tests look at the reason codes.

/** Which argument of an error's constructor is its message. */
const MESSAGE_ARGUMENTS = { AccessDenied: 1, ConfigurationError: 1, UnusableKey: 0, Error: 0, TypeError: 0 };

function shouldIgnore({ node, parent, listKey, key }) {
  const isText = node.type === 'StringLiteral' || node.type === 'TemplateLiteral';
  const isArgument = parent?.type === 'NewExpression' && listKey === 'arguments';
  if (isText && isArgument && MESSAGE_ARGUMENTS[parent.callee.name] === key) return 'the message of an error';
}

export const strykerPlugins = [{ kind: 'Ignore', name: 'messages', value: { shouldIgnore } }];
