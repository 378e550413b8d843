import { EventEmitter } from 'node:events';
import { PassThrough } from 'node:stream';
import { describe, expect, it } from '@jest/globals';
import { createGate, type GateOptions } from 'countersign';
import { createTestIssuer } from 'countersign/testing';
import { Registry } from 'prom-client';
import { runNode } from '../support/run-node.js';

const issuer = await createTestIssuer();
const request = () => ({ source: {}, method: 'GET', target: '/x?secret', header: () => [] as string[] });
const makeGate = (accessLog: GateOptions['accessLog']) =>
  createGate({ service: 's', audience: 'a', trust: issuer.trust, accessLog: accessLog as object });

describe('batched lines', () => {
  it('reach their destination within 50 ms, together', async () => {
    const written: string[] = [];
    const gate = makeGate({ destination: { write: (text) => written.push(text) }, batch: true });
    for (let count = 0; count < 3; count++) gate.open(request()).finish({ statusCode: 200 });
    expect(written).toEqual([]);
    await new Promise((resolve) => setTimeout(resolve, 120));
    expect(written).toHaveLength(1);
    expect(
      written[0]
        ?.trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line).path),
    ).toEqual(['/x', '/x', '/x']);
    await gate.close();
  });

  it('reach it at once where there are many, and when the gate is closed', async () => {
    const written: string[] = [];
    const gate = makeGate({ destination: { write: (text) => written.push(text) }, batch: true });
    for (let count = 0; count < 600; count++) gate.open(request()).finish({ statusCode: 200 });
    expect(written.join('').trimEnd().split('\n')).toHaveLength(512);
    await gate.close();
    expect(written.join('').trimEnd().split('\n')).toHaveLength(600);
  });
});

describe('lines to standard output', () => {
  const serve = (accessLog: string, end: string) => `
    import { createGate } from 'countersign';
    const gate = createGate({ service: 's', audience: 'a', trust: [{ issuer: 'https://i.example' }], accessLog: ${accessLog} });
    for (let count = 0; count < 20; count++) gate.open({ source: {}, method: 'GET', target: '/' + count, header: () => [] }).finish({ statusCode: 200 });
    ${end}`;
  const pathsIn = (text: string) =>
    text
      .trimEnd()
      .split('\n')
      .filter(Boolean)
      .map((line) => JSON.parse(line).path);
  const all = Array.from({ length: 20 }, (_, count) => `/${count}`);

  it.each([
    ['exit', 'process.exit(3)'],
    ['an error that nobody caught', 'throw new Error("end")'],
    ['SIGTERM', 'process.kill(process.pid, "SIGTERM")'],
    ['SIGKILL', 'process.kill(process.pid, "SIGKILL")'],
    ['the end of all work', ''],
  ])('are all there after %s', async (_what, end) => {
    expect(pathsIn((await runNode(serve('{}', end))).stdout)).toEqual(all);
  });

  it.each([
    ['exit', 'process.exit(3)'],
    ['an error that nobody caught', 'throw new Error("end")'],
    [
      'a signal that is handled',
      'process.on("SIGTERM", () => process.exit(0)); process.kill(process.pid, "SIGTERM"); setTimeout(() => {}, 1000);',
    ],
    ['close', 'await gate.close(); process.kill(process.pid, "SIGKILL")'],
    ['the end of all work', ''],
  ])('are all there after %s, batched', async (_what, end) => {
    expect(pathsIn((await runNode(serve('{ batch: true }', end))).stdout)).toEqual(all);
  });

  it('don’t keep a process alive', async () => {
    const { code, signal } = await runNode(serve('{ batch: true }', ''));
    expect([code, signal]).toEqual([0, null]);
  });

  it('that nobody reads any more cost nothing', async () => {
    const { code, stderr } = await runNode(`
      import { createGate } from 'countersign';
      import { closeSync } from 'node:fs';
      const gate = createGate({ service: 's', audience: 'a', trust: [{ issuer: 'https://i.example' }] });
      let lost = 0;
      gate.on('record_lost', () => lost++);
      closeSync(1);
      gate.open({ source: {}, method: 'GET', target: '/', header: () => [] }).finish({ statusCode: 200 });
      setTimeout(() => { process.stderr.write('lost ' + lost); }, 50);`);
    expect([code, stderr]).toEqual([0, 'lost 1']);
  });
});

describe('a reader that stalls', () => {
  /** A pipe that takes one text, and no other one until it is read. */
  function openPipe() {
    const pipe = new PassThrough({ highWaterMark: 1 });
    return { pipe, read: () => String(pipe.read() ?? '') };
  }
  const lose = (gate: ReturnType<typeof makeGate>) => {
    const lost: unknown[] = [];
    gate.on('record_lost', ({ error }) => lost.push(error));
    return lost;
  };
  const serve = (gate: ReturnType<typeof makeGate>, count: number) => {
    for (let at = 0; at < count; at++) gate.open(request()).finish({ statusCode: 200 });
  };
  const linesIn = (text: string) => text.split('\n').filter(Boolean).length;

  it('has 20,000 batched lines held for it, and the others dropped and counted', async () => {
    const { pipe, read } = openPipe();
    const registry = new Registry();
    const gate = createGate({
      service: 's',
      audience: 'a',
      trust: issuer.trust,
      accessLog: { destination: pipe, batch: true },
      metrics: { registry },
    });
    const lost = lose(gate);
    serve(gate, 512);
    serve(gate, 20_000);
    expect(lost).toEqual([]);
    serve(gate, 7);
    expect(lost.map(String)).toEqual(Array.from({ length: 7 }, () => expect.stringContaining('stalls')));
    expect(await registry.metrics()).toContain('countersign_access_records_lost_total 7');
    const soon = read();
    await gate.close();
    expect(linesIn(soon + read())).toBe(20_512);
  });

  it('gets what is held when the gate is closed, though it stalls', async () => {
    const { pipe, read } = openPipe();
    const gate = makeGate({ destination: pipe, batch: true });
    serve(gate, 512);
    serve(gate, 100);
    await gate.close();
    expect(linesIn(read())).toBe(612);
  });

  it('is tried again where nobody says that there is room', async () => {
    const written: string[] = [];
    const destination = Object.assign(new EventEmitter(), {
      write(text: string) {
        written.push(text);
        return false;
      },
    });
    const gate = makeGate({ destination, batch: true });
    serve(gate, 512);
    serve(gate, 1);
    await new Promise((resolve) => setTimeout(resolve, 1200));
    expect(written.map(linesIn)).toEqual([512, 1]);
    await gate.close();
  });
});
