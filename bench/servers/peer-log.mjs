import { openLog } from './open-log.mjs';

/**
 * Options of pino-http for the smallest line that still tells who asked what, how it ended and how long it took. Headers
 * are not in it, so that nothing has to be redacted, and its serializers get the objects of Node as they are.
 */
export function describePeerLog(settings) {
  return {
    stream: openLog(settings),
    wrapSerializers: false,
    serializers: {
      req: ({ id, method, originalUrl, url }) => ({ id, method, url: originalUrl ?? url }),
      res: ({ statusCode }) => ({ statusCode }),
    },
  };
}
