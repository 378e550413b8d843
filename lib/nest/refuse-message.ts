import { ForbiddenException } from '@nestjs/common';
import type { Refusal } from '../http/tell-refusal.js';

/** The exception that clients of a gateway or a microservice are told by. Its package is there where it is needed. */
export async function refuseMessage(kind: string, { status, body }: Refusal): Promise<Error> {
  const { title, detail, instance } = JSON.parse(body) as Record<string, unknown>;
  const told = { status, title, detail, instance };
  if (kind === 'ws') {
    const { WsException } = await import('@nestjs/websockets');
    return new WsException(told);
  }
  if (kind === 'rpc') {
    const { RpcException } = await import('@nestjs/microservices');
    // gRPC tells by numbers: 16 is UNAUTHENTICATED, 7 is PERMISSION_DENIED, 14 is UNAVAILABLE.
    const code = status === 401 || status === 400 ? 16 : status === 503 ? 14 : 7;
    return new RpcException({ ...told, code, message: String(detail) });
  }
  return new ForbiddenException();
}
