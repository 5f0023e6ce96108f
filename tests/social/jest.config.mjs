import { ofSources } from '../../jest.base.mjs';

// oidc-provider says in each run that it is not set up for production.
export default { ...ofSources, silent: true };
