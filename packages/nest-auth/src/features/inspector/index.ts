export { type InspectorOptions, inspector } from './inspector.feature.js';
