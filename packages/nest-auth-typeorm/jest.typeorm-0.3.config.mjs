// The same tests on TypeORM 0.3, which most apps have.
import base from './jest.config.mjs';

export default { ...base, moduleNameMapper: { ...base.moduleNameMapper, '^typeorm$': 'typeorm-0.3' } };
