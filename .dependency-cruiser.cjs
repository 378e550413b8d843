/** The floors of lib, lowest first. A room imports from the floors below its own: never from above, never from beside. */
const FLOORS = [
  ['errors.ts', 'options.ts', 'draw-id.ts', 'stamp-objects.ts', 'when-there.ts'],
  ['jose', 'x509', 'identity', 'http', 'events'],
  ['trust', 'binding', 'context', 'policy', 'audit', 'keyring'],
  ['token'],
  ['enforcement', 'outbound', 'metrics', 'ledger'],
  ['gate'],
  ['index.ts', 'express', 'nest', 'passport', 'testing', 'cli'],
];

/** The only neighbours that know each other: options are refused with our errors. */
const NEIGHBOURS = { 'options.ts': ['errors.ts'] };

/** Who may import what is not ours, types included. A package that stands nowhere here is open to every room. */
const FRAMEWORKS = {
  express: ['express', 'router', '@types/express', '@types/express-serve-static-core'],
  nest: ['@nestjs', 'rxjs', 'reflect-metadata', 'fastify'],
  passport: ['passport', 'passport-jwt', 'passport-strategy', '@types/passport', '@types/passport-jwt'],
  metrics: ['prom-client'],
  audit: ['sonic-boom'],
  trust: ['jwks-rsa'],
  policy: ['@cedar-policy'],
  outbound: ['undici'],
};

const quote = (text) => text.replace(/[.\\/]/g, '\\$&');
const pathOf = (room) => `^lib/${quote(room)}${room.endsWith('.ts') ? '$' : '/'}`;

function keepFloor(room, floor) {
  const reachable = [room, ...(NEIGHBOURS[room] ?? []), ...FLOORS.slice(0, floor).flat()];
  return {
    name: `floor-${floor}-${room}`,
    comment: `${room} stands on floor ${floor}: it imports only from the floors below`,
    severity: 'error',
    from: { path: pathOf(room) },
    to: { path: '^lib/', pathNot: reachable.map(pathOf) },
  };
}

function keepPackages([room, packages]) {
  return {
    name: `only-${room}-knows`,
    comment: `only lib/${room} imports ${packages.join(', ')}, not even types elsewhere`,
    severity: 'error',
    from: { path: '^lib/', pathNot: pathOf(room) },
    // The first alternative is a package that is installed, the second one that is not.
    to: { path: `(^|/)node_modules/(${packages.map(quote).join('|')})/|^(${packages.map(quote).join('|')})(/|$)` },
  };
}

/** @type {import('dependency-cruiser').IConfiguration} */
module.exports = {
  forbidden: [
    { name: 'no-circular', severity: 'error', from: {}, to: { circular: true } },
    ...FLOORS.flatMap((rooms, floor) => rooms.map((room) => keepFloor(room, floor))),
    ...Object.entries(FRAMEWORKS).map(keepPackages),
    {
      name: 'every-room-has-a-floor',
      severity: 'error',
      from: { path: '^lib/', pathNot: FLOORS.flat().map(pathOf) },
      to: {},
    },
    {
      name: 'no-dev-dependencies-in-lib',
      severity: 'error',
      from: { path: '^lib/' },
      to: { dependencyTypes: ['npm-dev', 'npm-no-pkg', 'npm-unknown'], dependencyTypesNot: ['npm-peer', 'npm'] },
    },
    { name: 'lib-stays-in-lib', severity: 'error', from: { path: '^lib/' }, to: { path: '^(test|examples|bench)/' } },
    { name: 'resolvable', severity: 'error', from: { path: '^lib/' }, to: { couldNotResolve: true } },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsConfig: { fileName: 'tsconfig.json' },
    tsPreCompilationDeps: true,
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['types', 'import', 'node', 'default'],
    },
  },
};
