import { store } from '../state/store.ts';

/** `system`: as the reader's system has it. */
export type Theme = 'system' | 'light' | 'dark';

const KEY = 'piecework-theme';
const THEMES: readonly Theme[] = ['system', 'light', 'dark'];

export const theme = store<Theme>(THEMES.find((one) => one === localStorage.getItem(KEY)) ?? 'system');

/** The colours go by what it comes to: `data-theme` of the page. */
export function followTheme(): void {
  const dark = matchMedia('(prefers-color-scheme: dark)');
  const take = () => {
    const now = theme.get();
    const ofSystem = dark.matches ? 'dark' : 'light';
    document.documentElement.dataset['theme'] = now === 'system' ? ofSystem : now;
  };
  take();
  theme.follow(take);
  dark.addEventListener('change', take);
}

export function nextTheme(): void {
  const next = THEMES[(THEMES.indexOf(theme.get()) + 1) % THEMES.length] ?? 'system';
  localStorage.setItem(KEY, next);
  theme.set(next);
}
