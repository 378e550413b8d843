import { ConfigurationError } from 'countersign';

/** The option that is wrong with a configuration; `accepted` where none is. */
export function optionRefused(configure: () => unknown): string {
  try {
    configure();
  } catch (error) {
    if (error instanceof ConfigurationError) return error.option;
    throw error;
  }
  return 'accepted';
}
