import { fileURLToPath } from 'node:url';
import { ofPackages } from '../../jest.base.mjs';

export default {
  ...ofPackages,
  moduleNameMapper: {
    ...ofPackages.moduleNameMapper,
    // In this workspace the library has its own copy, with other optional peers; an app has only one.
    '^@nestjs/microservices$': fileURLToPath(import.meta.resolve('@nestjs/microservices')),
    '^content-disposition$': '<rootDir>/src/content-disposition.cjs',
  },
  reporters: ['default', '<rootDir>/src/table.mjs'],
};
