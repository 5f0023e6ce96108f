export { ofPackages as default } from '../../jest.base.mjs';
