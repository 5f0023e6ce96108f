// A zone with daylight saving: a time that is not written as UTC shows.
process.env.TZ = 'America/New_York';

import { ofSources } from '../../jest.base.mjs';

// PGlite initialises a whole cluster, which takes long on a busy machine.
export default { ...ofSources, testTimeout: 60_000 };
