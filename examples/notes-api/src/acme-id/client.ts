/** The app's registration at Acme ID. */
export interface Client {
  /** The address of Acme ID. */
  readonly issuer: string;
  readonly id: string;
  readonly secret: string;
}
