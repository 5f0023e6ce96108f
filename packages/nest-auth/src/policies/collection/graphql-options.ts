import type { AppInternals } from './app-internals.js';

// Nest's own token, which it does not export.
const OPTIONS = 'GqlModuleOptions';

/** The options of `GraphQLModule` that decide about guards and paths. */
export interface GraphqlOptions {
  readonly fieldResolverEnhancers?: readonly string[];
  readonly path?: string;
  readonly useGlobalPrefix?: boolean;
}

/** The options of each `GraphQLModule` of an app. In the preview mode, options of a factory are missing. */
export function graphqlOptionsOf({ modules }: Pick<AppInternals, 'modules'>): GraphqlOptions[] {
  const holders = [...modules.values()].map(({ providers }) => providers.get(OPTIONS));
  return holders.flatMap((wrapper) => (wrapper ? [(wrapper.instance ?? {}) as GraphqlOptions] : []));
}

/** The endpoints of GraphQL. No guard runs for the endpoint; guards run for each resolver. */
export function graphqlPathsOf(internals: Pick<AppInternals, 'modules' | 'config'>): string[] {
  const prefix = internals.config.getGlobalPrefix();
  return graphqlOptionsOf(internals).map(
    ({ path = '/graphql', useGlobalPrefix }) => `${useGlobalPrefix ? prefix : ''}/${path}`,
  );
}
