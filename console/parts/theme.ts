import { store } from '../state/store.ts';

/** `system`: as the reader's system has it. */
export type Theme = 'system' | 'light' | 'dark';

const KEY = 'piecework-theme';
const THEMES: readonly Theme[] = ['system', 'light', 'dark'];

export const theme = store<Theme>(THEMES.find((one) => one === localStorage.getItem(KEY)) ?? 'system');

export function followTheme(): void {
  const take = () => {
    const now = theme.get();
    if (now === 'system') delete document.documentElement.dataset['theme'];
    else document.documentElement.dataset['theme'] = now;
  };
  take();
  theme.follow(take);
}

export function nextTheme(): void {
  const next = THEMES[(THEMES.indexOf(theme.get()) + 1) % THEMES.length] ?? 'system';
  localStorage.setItem(KEY, next);
  theme.set(next);
}
