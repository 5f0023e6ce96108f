/** Safari keeps no `Secure` cookies of http://localhost: INSECURE_COOKIES=1 makes the page work there too. */
export function cookies() {
  return { secure: process.env.INSECURE_COOKIES !== '1' };
}
