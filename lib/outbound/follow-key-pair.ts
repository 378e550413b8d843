import type { Events } from '../events/create-events.js';
import type { Clock } from '../options.js';
import { type KeyPair, type KeyPairFiles, readKeyPair, tellTime } from './read-key-pair.js';
import { stampFiles } from './stamp-files.js';

/** The pair that is in the files, as long as it can be used; else the last one that could. */
export interface FollowedKeyPair {
  /**
   * The pair to be used now; the same object until another one takes its place.
   *
   * @throws {TypeError} when it has expired, and no other one is there
   */
  take(): KeyPair;
}

interface FollowContext {
  /** Whom tokens bound to the certificate are for: events name it. */
  readonly audience: string;
  readonly now: Clock;
  readonly events: Events;
}

const CHECK_SECONDS = 1;

/**
 * Follows a pair whose files are replaced one after the other, at times that nobody tells. They are looked at when a pair
 * is asked for, once a second at most, and read only where they changed.
 *
 * @throws {ConfigurationError} where they can't be used at start
 */
export function followKeyPair(files: KeyPairFiles, { audience, now, events }: FollowContext): FollowedKeyPair {
  const paths = [files.keyFile, files.certificateFile, files.authoritiesFile];
  // Before they are read: what is written meanwhile has another stamp.
  let stamp = stampFiles(paths);
  let toldStamp: string | undefined;
  let inUse = readKeyPair(files, now);
  let checkedAt = now();

  function readAgain(): void {
    const found = stampFiles(paths);
    if (found === stamp) return;
    try {
      const next = readKeyPair(files, now);
      stamp = found;
      if (next.digest === inUse.digest) return;
      inUse = next;
      events.emit('certificate_rotated', { audience, thumbprint: next.thumbprint });
    } catch (error) {
      // Tried again each second, since a file may become readable, and a certificate valid; told once.
      if (found !== toldStamp) events.emit('certificate_not_read', { audience, error });
      toldStamp = found;
    }
  }

  return {
    take() {
      const present = now();
      if (Math.abs(present - checkedAt) >= CHECK_SECONDS) {
        checkedAt = present;
        readAgain();
      }
      if (present <= inUse.notAfter) return inUse;
      throw new TypeError(
        `countersign: the certificate of ${files.certificateFile} expired at ${tellTime(inUse.notAfter)}, and no other one is there: nothing is sent`,
      );
    },
  };
}
