// A zone with daylight saving: a time that is not written as UTC shows.
process.env.TZ = 'America/New_York';

export { ofSources as default } from '../../jest.base.mjs';
