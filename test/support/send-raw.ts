import { connect } from 'node:net';

/** The statuses of all answers to a text that is sent as it stands: no client tidies a path or a field of it. */
export function sendRaw(base: string, text: string): Promise<readonly number[]> {
  return new Promise((resolve) => {
    const socket = connect(Number(new URL(base).port), '127.0.0.1', () => socket.write(text, 'latin1'));
    let answer = '';
    socket.on('data', (chunk) => {
      answer += chunk;
    });
    socket.on('error', () => {}); // it is closed after that
    socket.on('close', () =>
      resolve(Array.from(answer.matchAll(/HTTP\/1\.1 (\d{3})/g), ([, status]) => Number(status))),
    );
  });
}

/** One request as text; the connection ends with its answer. */
export function writeRequest(target: string, fields: readonly string[] = [], method = 'GET'): string {
  const hasHost = fields.some((field) => /^host:/i.test(field));
  const lines = [`${method} ${target} HTTP/1.1`, ...(hasHost ? [] : ['host: a']), 'connection: close', ...fields];
  return `${lines.join('\r\n')}\r\n\r\n`;
}
