/** The command can't be run as it was called. Its message is for the one who called it, and holds nothing of a token. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}
