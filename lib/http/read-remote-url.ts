import { ConfigurationError } from '../errors.js';
import { isEncryptedOrLoopback, quoteText, readOptionalSwitch, readText } from '../options.js';

/** Whether the operator lets something be fetched over http from anywhere; `risk`, what that means, is told at start. */
export function readAllowedHttp(
  option: string,
  options: { readonly dangerouslyAllowHttp?: unknown },
  risk: string,
): boolean {
  const allowed = readOptionalSwitch(option, options, 'dangerouslyAllowHttp');
  if (allowed) process.emitWarning(`${option}: ${risk}`, { code: 'COUNTERSIGN_DANGEROUSLY_ALLOW_HTTP' });
  return allowed;
}

/** https, or http on loopback as written here, or whatever `dangerouslyAllowHttp` lets pass. */
export function readRemoteUrl(
  option: string,
  value: unknown,
  {
    allowHttp,
    example,
    switchIn = '',
  }: { readonly allowHttp: boolean; readonly example: string; readonly switchIn?: string },
): string {
  const text = readText(option, value, example);
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (!url || !/^https?:$/.test(url.protocol) || url.username !== '' || url.password !== '') {
    throw new ConfigurationError(option, `must be an https URL without user information, found ${quoteText(text)}`);
  }
  if (!isEncryptedOrLoopback(url) && !allowHttp) {
    throw new ConfigurationError(
      option,
      `must be https (http only on loopback), found ${quoteText(text)}; inside a mesh that encrypts, add dangerouslyAllowHttp: true${switchIn}`,
    );
  }
  return text;
}

/**
 * A URL out of metadata. Plain http is the operator's to allow: for the origin that they wrote themselves, never for one
 * that was learned.
 *
 * @throws {Error} which says what is wrong with it, and not what it is
 */
export function readLearnedUrl(
  member: string,
  value: unknown,
  { writtenUrl, allowHttp }: { readonly writtenUrl: string; readonly allowHttp: boolean },
): string {
  if (typeof value !== 'string' || !URL.canParse(value)) throw new Error(`the metadata has no ${member}`);
  const url = new URL(value);
  if (url.username !== '' || url.password !== '') throw new Error(`the ${member} in the metadata has user information`);
  const isAsWritten = url.origin === new URL(writtenUrl).origin && isEncryptedOrLoopback(url);
  if (url.protocol !== 'https:' && !isAsWritten && !(allowHttp && url.protocol === 'http:')) {
    throw new Error(`the ${member} in the metadata is not https`);
  }
  return value;
}
