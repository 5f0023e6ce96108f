const place = document.querySelector('#outcome') as HTMLElement;

/** Says what has happened, on the page and to screen readers. It stays until the next one, or until the view changes. */
export function tell(text: string): void {
  place.textContent = text;
}
