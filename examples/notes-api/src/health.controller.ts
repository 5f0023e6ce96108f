import { Public } from '@acme/nest-auth';
import { Controller, Get, Inject, ServiceUnavailableException } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { RedisConnection } from './redis.js';

@Controller('health')
export class HealthController {
  constructor(
    @Inject(DataSource) private readonly db: DataSource,
    @Inject(RedisConnection) private readonly redis: RedisConnection,
  ) {}

  /** For load balancers and for supervisors that restart this process. */
  @Public()
  @Get()
  async check() {
    try {
      await Promise.all([this.db.query('SELECT 1'), this.redis.client?.ping()]);
      return { status: 'ok' };
    } catch (cause) {
      throw new ServiceUnavailableException('The database or Redis does not answer.', { cause });
    }
  }
}
