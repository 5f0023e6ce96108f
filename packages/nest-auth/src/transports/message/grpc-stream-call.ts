import type { ArgumentsHost } from '@nestjs/common';

/** The metadata of a gRPC call, as far as it is used. */
export interface GrpcMetadata {
  get(key: string): readonly unknown[];
  set(key: string, value: string): void;
  getMap(): object;
}

/** A call of `@GrpcStreamCall`, whose handler gets grpc-js's own arguments: the call, and a callback if it answers once. */
interface StreamCall {
  readonly metadata: GrpcMetadata;
  emit(event: 'error', error: object): unknown;
  readonly callback: ((error: object) => void) | undefined;
}

/**
 * Thrown so that no handler runs for an ended call. Nothing awaits Nest's promise of a stream call, so an error that
 * filters do not catch would be an unhandled rejection, and a stranger could end the process with it.
 */
export class StreamCallEnded extends Error {
  override readonly name = 'StreamCallEnded';
}

export function isGrpcMetadata(value: unknown): value is GrpcMetadata {
  return typeof value === 'object' && value !== null && 'getMap' in value && typeof value.getMap === 'function';
}

/** The stream call that a handler was called with. All other messages have a context as second argument. */
export function streamCallOf(host: ArgumentsHost): StreamCall | undefined {
  const [call, callback] = host.getArgs<[unknown, unknown]>();
  if (callback !== undefined && typeof callback !== 'function') return undefined;
  if (typeof call !== 'object' || call === null || !('metadata' in call) || !isGrpcMetadata(call.metadata)) {
    return undefined;
  }
  if (!('emit' in call) || typeof call.emit !== 'function') return undefined;
  return {
    metadata: call.metadata,
    emit: call.emit.bind(call) as StreamCall['emit'],
    callback: callback as StreamCall['callback'],
  };
}

export function endStreamCall({ callback, emit }: StreamCall, failure: object): void {
  if (callback) callback(failure);
  else emit('error', failure);
}
