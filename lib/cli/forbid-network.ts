import { Socket } from 'node:net';

/** What became of the network while it was forbidden. */
export interface ForbiddenNetwork {
  /** Somebody tried to connect to something. */
  wasWanted(): boolean;
  /** Connections are possible again. */
  end(): void;
}

/**
 * Lets no new connection of this process come about, whoever wants it: decision points and loaders are others' code. Each
 * attempt ends as one to a host that is not there would.
 */
export function forbidNetwork(): ForbiddenNetwork {
  const { connect } = Socket.prototype;
  let isWanted = false;
  Socket.prototype.connect = function refuse(this: Socket) {
    isWanted = true;
    setImmediate(() => this.destroy(new Error('a replay leaves the network alone')));
    return this;
  };
  return {
    wasWanted: () => isWanted,
    end() {
      Socket.prototype.connect = connect;
    },
  };
}
