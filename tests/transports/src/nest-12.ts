import { TcpContext } from '@nestjs/microservices';

/** Whether this runs on Nest 12, by something that it brought. */
export const IS_NEST_12 = 'getMetadata' in TcpContext.prototype;
