import { AuthModule, memoryStores } from '@acme/nest-auth';

export const authentication = AuthModule.forRootAsync({
  useFactory: () => ({
    ...memoryStores(),
    secrets: {
      access: 'Zq3v9KfT1xUeB7mWcH5rYdN0sPgJ8LaQ2oIiXwEtR6uVkMbF',
      refresh: 'h4GyPnS7wLzD0cAvX9eQjU2mKtRb6FiYoT1NsW8xJqHgE5rC',
    },
    ttl: { access: '15m', refresh: '30d' },
  }),
});
