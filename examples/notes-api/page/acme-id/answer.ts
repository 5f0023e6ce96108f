/** Removes Acme ID's answer, `#<name>=…`, from the address, so that neither a reload nor the history contains it. */
export function takeAnswer(name: 'error' | 'link_code'): string | null {
  const value = new URLSearchParams(location.hash.slice(1)).get(name);
  if (value !== null) history.replaceState(null, '', location.pathname);
  return value;
}
