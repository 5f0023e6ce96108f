import {
  apollo,
  fieldResolvers,
  fieldWire,
  graphqlApp,
  mercurius,
  rootResolvers,
  rootWire,
} from '../src/graphql-app.js';
import { tellOldStories } from '../src/old-tokens.js';
import { type OpenWire, tellStories } from '../src/stories.js';

const FIELDS = { fieldResolverEnhancers: ['guards', 'filters'] as never };

const WIRES: readonly [transport: string, open: OpenWire][] = [
  [
    'GraphQL (Apollo, Express)',
    async (auth) => rootWire(await graphqlApp([auth, apollo()], rootResolvers(), 'express')),
  ],
  [
    'GraphQL (Apollo, Fastify)',
    async (auth) => rootWire(await graphqlApp([auth, apollo()], rootResolvers(), 'fastify')),
  ],
  ['GraphQL (mercurius)', async (auth) => rootWire(await graphqlApp([auth, mercurius()], rootResolvers()))],
  [
    'GraphQL fields (Apollo)',
    async (auth) => fieldWire(await graphqlApp([auth, apollo(FIELDS)], fieldResolvers(), 'express')),
  ],
  [
    'GraphQL fields (mercurius)',
    async (auth) => fieldWire(await graphqlApp([auth, mercurius(FIELDS)], fieldResolvers())),
  ],
];

for (const [transport, open] of WIRES) {
  tellStories(transport, open);
  tellOldStories(transport, open);
}
