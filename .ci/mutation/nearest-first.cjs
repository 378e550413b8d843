const ORDER = ['jose/strict-parsing', 'jose/import', 'jose/beside', 'jose/', 'token/', 'trust/', 'gate/'];

const placeOf = ({ path }) => ORDER.findIndex((start) => path.includes(`/test/${start}`));

/** Orders test files for mutation testing: quick ones, which look at little, before those that start servers. */
module.exports = class NearestFirst {
  sort(tests) {
    return [...tests].sort((a, b) => placeOf(a) - placeOf(b));
  }

  cacheResults() {}
};
