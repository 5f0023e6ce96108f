/** Takes what Acme ID has answered out of the address, `#<name>=…`, so that neither a reload nor the history has it. */
export function takeAnswer(name: 'error' | 'link_code'): string | null {
  const value = new URLSearchParams(location.hash.slice(1)).get(name);
  if (value !== null) history.replaceState(null, '', location.pathname);
  return value;
}
