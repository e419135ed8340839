import '@asyncapi/react-component/styles/default.min.css';
import './contract.css';
import './renderer.css';
import AsyncApi from '@asyncapi/react-component/lib/esm/without-parser.js';
import { createElement } from 'react';
import { createRoot } from 'react-dom/client';
import { files, parsed } from 'virtual:contract';
import { levelHeadings } from './heading-levels.ts';

const CONFIG = { show: { errors: false, sidebar: true }, sidebar: { showOperations: 'byDefault' } } as const;

/** AsyncAPI's own renderer over the contract that the build parsed, and links to the files as they are. */
function show(): void {
  const place = document.querySelector('#contract');
  const list = document.querySelector('#files');
  if (place === null || list === null) throw new TypeError('the page has no place for the contract');
  for (const name of files) {
    const link = document.createElement('a');
    link.href = `/contracts/${name}`;
    link.textContent = name.slice(name.indexOf('/') + 1);
    const item = document.createElement('li');
    item.append(link);
    list.append(item);
  }
  new MutationObserver(() => {
    levelHeadings(document);
  }).observe(place, { childList: true, subtree: true });
  createRoot(place).render(createElement(AsyncApi, { schema: parsed, config: CONFIG }));
  place.removeAttribute('aria-busy');
}

show();
