export { ofSources as default } from '../../jest.base.mjs';
