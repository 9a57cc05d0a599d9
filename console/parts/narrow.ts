import { useEffect, useState } from 'preact/hooks';

const NARROW = '(max-width: 720px)';

/** Whether the screen is a phone's. */
export function useNarrow(): boolean {
  const [isNarrow, setNarrow] = useState(() => matchMedia(NARROW).matches);
  useEffect(() => {
    const query = matchMedia(NARROW);
    const take = () => setNarrow(query.matches);
    query.addEventListener('change', take);
    return () => query.removeEventListener('change', take);
  }, []);
  return isNarrow;
}

/** Of the window, as it changes. */
export function useWindowWidth(): number {
  const [width, setWidth] = useState(innerWidth);
  useEffect(() => {
    const take = () => setWidth(innerWidth);
    addEventListener('resize', take);
    return () => removeEventListener('resize', take);
  }, []);
  return width;
}
