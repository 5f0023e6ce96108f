export { telemetry } from './telemetry.feature.js';
