import './design/tokens.css';
import './design/base.css';
import './design/parts.css';
import './shell/shell.css';
import './code/code.css';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { App } from './app.js';

const root = document.getElementById('root');
if (root) {
  createRoot(root).render(
    <StrictMode>
      <App />
    </StrictMode>,
  );
}
