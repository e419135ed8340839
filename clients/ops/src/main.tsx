import './style.css';
import { createRoot } from 'react-dom/client';
import { takeToken } from './api/token.ts';
import { App } from './app.tsx';

const root = document.querySelector('#root');
if (root !== null) createRoot(root).render(<App token={takeToken(window)} />);
