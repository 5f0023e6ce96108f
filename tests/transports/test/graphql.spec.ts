import {
  apollo,
  fieldResolvers,
  fieldWire,
  graphqlApp,
  mercurius,
  rootResolvers,
  rootWire,
} from '../src/graphql-app.js';
import { tellStories } from '../src/stories.js';

const FIELDS = { fieldResolverEnhancers: ['guards', 'filters'] as never };

tellStories('GraphQL (Apollo, Express)', async (auth) =>
  rootWire(await graphqlApp([auth, apollo()], rootResolvers(), 'express')),
);
tellStories('GraphQL (Apollo, Fastify)', async (auth) =>
  rootWire(await graphqlApp([auth, apollo()], rootResolvers(), 'fastify')),
);
tellStories('GraphQL (mercurius)', async (auth) => rootWire(await graphqlApp([auth, mercurius()], rootResolvers())));
tellStories('GraphQL fields (Apollo)', async (auth) =>
  fieldWire(await graphqlApp([auth, apollo(FIELDS)], fieldResolvers(), 'express')),
);
tellStories('GraphQL fields (mercurius)', async (auth) =>
  fieldWire(await graphqlApp([auth, mercurius(FIELDS)], fieldResolvers())),
);
