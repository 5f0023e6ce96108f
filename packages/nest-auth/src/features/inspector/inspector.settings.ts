import { featureSettings } from '@acme/nest-auth';

export interface InspectorSettings {
  /** Whether the app sets who may see the page. */
  readonly hasAccess: boolean;
}

export const INSPECTOR = featureSettings<InspectorSettings>('inspector');
