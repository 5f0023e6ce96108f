import { ofSources } from '../../jest.base.mjs';

// oidc-provider warns in each run that it is not set up for production.
export default { ...ofSources, silent: true };
