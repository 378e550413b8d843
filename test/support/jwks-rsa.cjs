module.exports = globalThis.nodeRequire('jwks-rsa');
