import { TcpContext } from '@nestjs/microservices';

/** Whether this runs on Nest 12, which is known by an export that is new in it. */
export const IS_NEST_12 = 'getMetadata' in TcpContext.prototype;
