/** The library's stories on each platform by each transport: the settings of each script that runs them. */
export const STORY_SETTINGS = {
  'test:e2e': [{ HTTP: 'express' }, { HTTP: 'fastify' }],
  'test:e2e:transport': ['cookie', 'both'].flatMap((TRANSPORT) => [
    { TRANSPORT, HTTP: 'express' },
    { TRANSPORT, HTTP: 'fastify' },
  ]),
};
