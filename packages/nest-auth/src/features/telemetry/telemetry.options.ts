import { option } from '@acme/nest-auth';

/** The options below `telemetry`. */
export const TELEMETRY_OPTIONS = {
  userId: option.flag({
    default: false,
    doc: "Whether spans carry the user's id, as `enduser.id`. It is personal data, and others often store the traces.",
  }),
};
