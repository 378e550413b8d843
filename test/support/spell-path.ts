/** A path as a client, a proxy or an attacker may write it: none of it is tidied before it is sent. */
export function spellPath(path: string): readonly string[] {
  const [, first = '', rest = ''] = /^\/([^/]+)(.*)$/.exec(path) ?? [];
  const [body, last] = [path.slice(0, -1), path.slice(-1)];
  const inCode = (text: string) => `%${text.charCodeAt(0).toString(16)}`;
  const before = ['/', '//', '/.', '/./.', '/..', '/%2e', '/;', '/\\', '/public/..', '/public/%2e%2e', '/public/..;'];
  const behind =
    '/ // /. /./ /.. ; ;a ;a=1/ \\ %2f %5c %20 %00 %0a %09 %3f %23 # #/public . .json * % %zz \u00e9 ? ?a=/public ?;'.split(
      ' ',
    );
  return [
    path,
    ...before.map((text) => text + path),
    ...behind.map((text) => path + text),
    path.toUpperCase(),
    body + last.toUpperCase(),
    body + inCode(last),
    `${body}%25${inCode(last).slice(1)}`,
    `/${inCode(first)}${first.slice(1)}${rest}`,
    `/${first};a${rest}`,
    `/${first}%2f${rest.slice(1)}`,
    `/${first}%5c${rest.slice(1)}`,
    path.replaceAll('/', '//'),
    path.replaceAll('/', '\\'),
    `\\${path.slice(1)}`,
    path.slice(1),
    `http://evil.test${path}`,
    `http://evil.test/${path}`,
    `http:${path}`,
    `https:///${path}`,
    '*',
  ];
}
