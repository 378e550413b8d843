const { TestEnvironment } = require('jest-environment-node');

// Jest's own require can't load ES modules on Node 20 and 22, which jwks-rsa requires: it is loaded by Node's instead.
module.exports = class extends TestEnvironment {
  async setup() {
    await super.setup();
    this.global.nodeRequire = require;
  }
};
