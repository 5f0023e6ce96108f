import type { DynamicModule } from '@nestjs/common';
import { apollo, graphqlApp, mercurius, queryResolvers } from '../src/graphql-app.js';
import { inLowerCase, inParameterHeaders, inUpgrade, queryWire, socketWire, ticking } from '../src/graphql-socket.js';
import { type LongWire, tellLongStories } from '../src/long-lived.js';
import { tellOldLongStories, tellOldStories } from '../src/old-tokens.js';
import { type OpenWire, tellStories } from '../src/stories.js';

const OVER_SOCKETS = { subscriptions: { 'graphql-ws': true } } as const;
const withTicks = () => [...queryResolvers(), ...ticking().providers];

/** Also defines the stories of old tokens. */
function tellAll(transport: string, open: OpenWire): void {
  tellStories(transport, open);
  tellOldStories(transport, open);
}

function tellAllLong(transport: string, open: (auth: DynamicModule) => Promise<LongWire>): void {
  tellLongStories(transport, open);
  tellOldLongStories(transport, open);
}

tellAll('GraphQL over WebSocket (Apollo)', async (auth) =>
  queryWire(await graphqlApp([auth, apollo(OVER_SOCKETS)], queryResolvers(), 'express')),
);
tellAll('GraphQL over WebSocket (mercurius)', async (auth) =>
  queryWire(await graphqlApp([auth, mercurius({ subscription: { fullWsTransport: true } })], withTicks())),
);

tellAllLong('GraphQL subscriptions (Apollo, Express)', async (auth) =>
  socketWire(await graphqlApp([auth, apollo(OVER_SOCKETS)], withTicks(), 'express')),
);
tellAllLong('GraphQL subscriptions (Apollo, Fastify)', async (auth) =>
  socketWire(await graphqlApp([auth, apollo(OVER_SOCKETS)], withTicks(), 'fastify'), inLowerCase),
);
tellLongStories('GraphQL subscriptions (Apollo, own context)', async (auth) => {
  const context = async ({ req }: { req: unknown }) => ({ req, more: 'of the app' });
  return socketWire(await graphqlApp([auth, apollo({ ...OVER_SOCKETS, context })], withTicks()), inParameterHeaders);
});
tellLongStories('GraphQL subscriptions (Apollo, the request alone)', async (auth) => {
  const context = ({ req, extra }: { req?: object; extra?: { request: object } }) => ({ req: req ?? extra?.request });
  return socketWire(await graphqlApp([auth, apollo({ ...OVER_SOCKETS, context })], withTicks()), inUpgrade);
});
tellAllLong('GraphQL subscriptions (mercurius)', async (auth) =>
  socketWire(await graphqlApp([auth, mercurius({ subscription: true })], withTicks())),
);
tellLongStories('GraphQL subscriptions (mercurius, own context)', async (auth) => {
  const context = async (_socket: unknown, request: object) => ({ req: request, more: 'of the app' });
  const options = { subscription: { context: context as never } };
  return socketWire(await graphqlApp([auth, mercurius(options)], withTicks()), inParameterHeaders);
});
tellLongStories('GraphQL subscriptions (mercurius, header of the upgrade)', async (auth) =>
  socketWire(await graphqlApp([auth, mercurius({ subscription: true })], withTicks()), inUpgrade),
);
