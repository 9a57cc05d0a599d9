import { render } from 'preact';
import './style/base.css';
import './style/controls.css';
import './style/frame.css';
import './style/list.css';
import './style/one.css';
import './style/forms.css';
import { App } from './app.tsx';
import { followTheme } from './parts/theme.ts';
import { followAddress } from './route.ts';
import { stayLive } from './state/live.ts';

followTheme();
followAddress();
// Before anything is drawn: the answers come meanwhile.
void stayLive();
const place = document.getElementById('page');
if (place !== null) {
  place.replaceChildren();
  render(<App />, place);
}
