import bundle from 'express-prom-bundle';

/** The peers' metrics: a histogram by method, route and status. The route is taken from Express, not guessed from the path. */
export function measureRequests() {
  return bundle({
    includeMethod: true,
    includePath: true,
    includeStatusCode: true,
    normalizePath: (req) => req.route?.path ?? 'none',
  });
}
