import { featureSettings } from '@acme/nest-auth';

export interface InspectorSettings {
  /** Whether the app says who may see it. */
  readonly hasAccess: boolean;
}

export const INSPECTOR = featureSettings<InspectorSettings>('inspector');
