/** What `request.user` is in this app: the payload of the token. */
export interface Payload {
  readonly sub: string;
  readonly email: string;
}

/** The answer of `GET /profile`, before the switch and after it. */
export const profileOf = ({ sub, email }: Payload) => ({ id: sub, email });
