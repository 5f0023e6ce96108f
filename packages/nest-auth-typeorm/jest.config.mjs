// A zone with daylight saving time, so that the tests fail if a time is not written as UTC.
process.env.TZ = 'America/New_York';

import { ofSources } from '../../jest.base.mjs';

// PGlite initialises a whole cluster, which takes long on a busy machine.
export default { ...ofSources, testTimeout: 60_000 };
